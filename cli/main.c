/* virtcluster: the command line tool. */
#include <locale.h>
#include <stdio.h>

#include "cli/cli.h"

int
main(int argc, char **argv)
{
	setlocale(LC_CTYPE, ""); /* what the terminal can show; nothing else is translated */
	return cli_main(argc, argv, output_stdout(), stderr);
}
