/*
 * Zoom by dragging over a graph, words for what is marked in it, and pages that stay up to
 * date.  All of it is optional.
 */
"use strict";

(() => {
	const pulse = document.getElementById("pulse");
	let dragging = false;

	/* --- pictures */

	/* "SECONDS WORDS,...", the words encoded */
	function marksIn(header) {
		return (header || "").split(",").filter(Boolean).map((mark) => {
			const [at, words] = mark.split(" ");
			return { at: Number(at), words: decodeURIComponent(words) };
		});
	}

	/* Where in the picture the time goes, in its pixels, and what is marked; asked for once. */
	async function plotOf(image) {
		const address = image.currentSrc || image.src;
		if (image.plotAddress !== address) {
			image.plotAddress = address;
			image.plot = null;
			const reply = await fetch(address, { method: "HEAD" });
			const numbers = (reply.headers.get("Virtcluster-Plot") || "").split(" ").map(Number);
			image.plot = numbers.length === 6 && numbers[4] > 0 ? numbers : null;
			image.marks = marksIn(reply.headers.get("Virtcluster-Marks"));
		}
		return image.plot;
	}

	/* The plot's place on the screen, relative to the picture. */
	function placeOf(image) {
		const box = image.getBoundingClientRect();
		const [left, top, width, height, ofWidth, ofHeight] = image.plot;
		const x = box.width / ofWidth, y = box.height / ofHeight;
		return { left: left * x, top: top * y, width: width * x, height: height * y };
	}

	/* What is marked near that place, the newest first, or "". */
	function wordsAt(figure, image, x) {
		const place = placeOf(image);
		const from = Number(figure.dataset.from), to = Number(figure.dataset.to);
		const left = image.getBoundingClientRect().left + place.left;
		const near = (mark) =>
			Math.abs(left + (mark.at - from) / (to - from) * place.width - x) < 6;
		return image.marks.filter(near).map((mark) => mark.words).join("\n");
	}

	function tellMarks(figure, image, x) {
		const words = image.plot && image.marks ? wordsAt(figure, image, x) : "";
		if (words !== image.title)
			image.title = words;
	}

	/* --- zoom */

	function zoomTo(from, to) {
		const address = new URL(location.href);
		for (const name of ["span", "graph", "from", "to"])
			address.searchParams.delete(name);
		const graph = new URL(location.href).searchParams.get("graph");
		if (graph && document.querySelectorAll("figure.graph").length === 1)
			address.searchParams.set("graph", graph);
		address.searchParams.set("from", Math.round(from));
		address.searchParams.set("to", Math.round(to));
		location.assign(address);
	}

	function drag(figure, image, start) {
		const place = placeOf(image);
		const box = image.getBoundingClientRect();
		const within = (x) => Math.min(Math.max(x - box.left - place.left, 0), place.width);
		const first = within(start.clientX);
		const mark = document.createElement("div");
		let last = first;

		mark.className = "selection";
		mark.style.top = place.top + "px";
		mark.style.height = place.height + "px";
		figure.append(mark);
		dragging = true;

		const move = (event) => {
			last = within(event.clientX);
			mark.style.left = place.left + Math.min(first, last) + "px";
			mark.style.width = Math.abs(last - first) + "px";
		};
		const end = (event) => {
			document.removeEventListener("pointermove", move);
			document.removeEventListener("pointerup", end);
			document.removeEventListener("pointercancel", end);
			mark.remove();
			dragging = false;
			if (event.type !== "pointerup" || Math.abs(last - first) < 5)
				return;
			/* the click that follows is not meant for the link */
			document.addEventListener("click", (click) => click.preventDefault(),
				{ capture: true, once: true });
			const from = Number(figure.dataset.from), to = Number(figure.dataset.to);
			const at = (x) => from + (to - from) * x / place.width;
			const a = at(Math.min(first, last)), b = at(Math.max(first, last));
			zoomTo(a, Math.max(b, a + 60));
		};
		document.addEventListener("pointermove", move);
		document.addEventListener("pointerup", end);
		document.addEventListener("pointercancel", end);
	}

	document.addEventListener("pointermove", (event) => {
		const figure = event.target.closest && event.target.closest("figure.graph");
		const image = figure && figure.querySelector("img");
		if (!image || !image.complete || dragging)
			return;
		if (image.plotAddress !== (image.currentSrc || image.src))
			plotOf(image).then((plot) => figure.classList.toggle("zoomable", !!plot), () => {});
		else
			tellMarks(figure, image, event.clientX);
	});

	document.addEventListener("pointerdown", (event) => {
		const image = event.target.closest && event.target.closest("figure.graph img");
		if (!image || !image.plot || event.button !== 0 || event.pointerType === "touch")
			return;
		event.preventDefault();
		drag(image.closest("figure"), image, event);
	});

	document.addEventListener("dragstart", (event) => {
		if (event.target.closest && event.target.closest("figure.graph"))
			event.preventDefault();
	});

	/* --- navigation: on a phone it is wider than the screen; the present place shall be seen */

	const here = document.querySelector("header nav [aria-current]");
	if (here) {
		const nav = here.parentElement;
		const box = nav.getBoundingClientRect(), at = here.getBoundingClientRect();
		nav.scrollLeft += Math.max(at.right - box.right + at.width, 0);
	}

	/* --- filters: a choice is enough */

	document.addEventListener("change", (event) => {
		if (event.target.matches("form.filters select"))
			event.target.form.requestSubmit();
	});

	/* --- live */

	const seconds = Number(document.body.dataset.refresh || 0);
	let shown = null, timer = 0;

	function tell(words, away) {
		pulse.textContent = words;
		pulse.classList.toggle("away", away);
	}

	function isBusy() {
		const at = document.activeElement;
		return dragging || document.hidden || String(getSelection()) !== "" ||
			(at && at.closest("main") && at.matches("input, select"));
	}

	/* What has the focus keeps it: found again by where it leads. */
	function replaceContent(main) {
		const at = document.activeElement;
		const target = at && at.closest("main") ? at.getAttribute("href") : null;
		document.getElementById("live").replaceWith(main);
		if (target !== null)
			for (const link of main.querySelectorAll("a"))
				if (link.getAttribute("href") === target) {
					link.focus({ preventScroll: true });
					break;
				}
	}

	async function refresh() {
		try {
			const reply = await fetch(location.href, { cache: "no-cache" });
			const text = await reply.text();
			const page = new DOMParser().parseFromString(text, "text/html");
			const main = page.getElementById("live");
			if (!reply.ok || !main)
				throw new Error(reply.statusText);
			if (text !== shown && !isBusy()) {
				replaceContent(main);
				document.title = page.title;
				shown = text;
			}
			tell("updated " + new Date().toLocaleTimeString(), false);
		} catch (error) {
			tell("no answer since " + new Date().toLocaleTimeString(), true);
		}
	}

	function wait() {
		clearTimeout(timer);
		timer = setTimeout(async () => {
			if (!isBusy())
				await refresh();
			wait();
		}, seconds * 1000);
	}

	if (seconds > 0 && !new URL(location.href).searchParams.has("from")) {
		wait();
		document.addEventListener("visibilitychange", () => {
			if (!document.hidden)
				refresh();
		});
	}
})();
