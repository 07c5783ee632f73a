/* Making VMs: what cloud-init's NoCloud finds on a disk with the label CIDATA. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LIBISOFS_WITHOUT_LIBBURN yes
#include <libisofs/libisofs.h> /* wants stdint.h before it */

#include "vmops/create.h"

#define BLOCK 2048

/* --- YAML */

char *
create_yaml_text(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *out = g_string_new("\"");

	for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		if (c == '"' || c == '\\')
			g_string_append_printf(out, "\\%c", (char)c);
		else if (c < ' ' || (c >= 0x7f && c < 0xa0))
			g_string_append_printf(out, "\\x%02x", c);
		else if (c == 0x2028 || c == 0x2029 || c == 0xfeff)
			g_string_append_printf(out, "\\u%04x", c);
		else
			g_string_append_unichar(out, c);
	}
	g_string_append_c(out, '"');
	return g_string_free(out, FALSE);
}

static void
add_pair(GString *out, const char *key, const char *text)
{
	g_autofree char *quoted = create_yaml_text(text);

	g_string_append_printf(out, "%s: %s\n", key, quoted);
}

static void
add_item(GString *out, const char *indent, const char *text)
{
	g_autofree char *quoted = create_yaml_text(text);

	g_string_append_printf(out, "%s- %s\n", indent, quoted);
}

/* --- keys */

char *
create_key_type(const char *base64)
{
	gsize size = 0;
	g_autofree guchar *blob = g_base64_decode(base64, &size);

	if (size < 4)
		return NULL;
	gsize length = (gsize)blob[0] << 24 | (gsize)blob[1] << 16 | (gsize)blob[2] << 8 | blob[3];
	if (length == 0 || length > 64 || length > size - 4)
		return NULL;
	g_autofree char *type = g_strndup((const char *)blob + 4, length);
	bool good = strlen(type) == length &&
	    type[strspn(type, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-@.")] == '\0';
	return good ? g_steal_pointer(&type) : NULL;
}

/* Array of texts, free it. */
static GPtrArray *
all_keys(const struct create_seed *seed)
{
	GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) parts = g_strsplit(seed->ssh_keys, ";", -1);
	g_autofree char *type = *seed->ssh_key == '\0' ? NULL : create_key_type(seed->ssh_key);

	for (char **part = parts; *part != NULL; part++)
		if (*g_strstrip(*part) != '\0')
			g_ptr_array_add(keys, g_strdup(*part));
	if (type != NULL)
		g_ptr_array_add(keys, g_strdup_printf("%s %s", type, seed->ssh_key));
	return keys;
}

static void
add_keys(GString *out, const char *indent, const GPtrArray *keys)
{
	if (keys->len > 0)
		g_string_append_printf(out, "%sssh_authorized_keys:\n", indent);
	for (guint i = 0; i < keys->len; i++)
		add_item(out, indent, keys->pdata[i]);
}

/* --- the three files */

char *
create_user_data(const struct create_seed *seed)
{
	GString *out = g_string_new("#cloud-config\n");
	g_auto(GStrv) packages = g_strsplit_set(seed->packages, " \t,;", -1);
	g_autoptr(GPtrArray) keys = all_keys(seed);
	bool any = false;

	add_pair(out, "hostname", seed->hostname);
	g_string_append(out, "preserve_hostname: false\n");
	if (*seed->user != '\0') {
		g_string_append(out, "users:\n");
		add_pair(out, "  - name", seed->user);
		g_string_append(out, "    lock_passwd: true\n    shell: \"/bin/bash\"\n"
		    "    sudo: \"ALL=(ALL) NOPASSWD:ALL\"\n");
	}
	add_keys(out, *seed->user != '\0' ? "    " : "", keys);
	for (char **package = packages; *package != NULL; package++) {
		if (**package == '\0')
			continue;
		g_string_append(out, any ? "" : "packages:\n");
		add_item(out, "  ", *package);
		any = true;
	}
	return g_string_free(out, FALSE);
}

char *
create_meta_data(const struct create_seed *seed)
{
	GString *out = g_string_new(NULL);

	add_pair(out, "instance-id", seed->uuid);
	add_pair(out, "local-hostname", seed->hostname);
	return g_string_free(out, FALSE);
}

char *
create_network_config(void)
{
	return g_strdup("version: 2\nethernets:\n  all:\n    match:\n      name: \"e*\"\n"
	    "    dhcp4: true\n");
}

/* --- the image */

static bool
add_file(IsoImage *image, const char *name, char *text)
{
	IsoStream *stream = NULL;
	size_t size = strlen(text);
	unsigned char *copy = g_memdup2(text, size);

	g_free(text);
	if (iso_memory_stream_new(copy, size, &stream) < 0) {
		free(copy);
		return false;
	}
	if (iso_tree_add_new_file(iso_image_get_root(image), name, stream, NULL) >= 0)
		return true;
	iso_stream_unref(stream);
	return false;
}

/* All of what libisofs gives out, block by block. */
static bool
drain(struct burn_source *source, GByteArray *out)
{
	unsigned char block[BLOCK];
	int n;

	while ((n = source->read_xt(source, block, sizeof(block))) == (int)sizeof(block))
		g_byte_array_append(out, block, sizeof(block));
	return n == 0;
}

static bool
write_image(IsoImage *image, GByteArray *out)
{
	struct burn_source *source = NULL;
	IsoWriteOpts *options = NULL;
	bool good = iso_write_opts_new(&options, 0) >= 0;

	if (good) {
		iso_write_opts_set_iso_level(options, 3);
		iso_write_opts_set_rockridge(options, 1);
		iso_write_opts_set_joliet(options, 1);
		iso_write_opts_set_always_gmt(options, 1);
		iso_write_opts_set_default_dir_mode(options, 0755);
		iso_write_opts_set_default_file_mode(options, 0444);
		good = iso_image_create_burn_source(image, options, &source) >= 0;
	}
	if (good) {
		good = drain(source, out);
		source->free_data(source);
		free(source);
	}
	iso_write_opts_free(options);
	return good;
}

GByteArray *
create_seed_image(const struct create_seed *seed, GError **error)
{
	g_autoptr(GByteArray) out = g_byte_array_new();
	IsoImage *image = NULL;

	bool good = iso_init() >= 0 && iso_image_new("CIDATA", &image) >= 0 &&
	    add_file(image, "user-data", create_user_data(seed)) &&
	    add_file(image, "meta-data", create_meta_data(seed)) &&
	    add_file(image, "network-config", create_network_config()) &&
	    write_image(image, out);
	if (image != NULL)
		iso_image_unref(image);
	if (good)
		return g_steal_pointer(&out);
	g_set_error_literal(error, OP_ERROR, CAUSE_IMPOSSIBLE,
	    "the image for cloud-init cannot be made");
	return NULL;
}
