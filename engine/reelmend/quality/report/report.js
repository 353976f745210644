"use strict";
(() => {
  const STEP = 2;
  const LARGE_STEP = 10;
  const viewer = document.getElementById("viewer");
  const stage = document.getElementById("stage");
  const wipe = document.getElementById("wipe");
  const caption = document.getElementById("caption");
  const shots = [...stage.querySelectorAll(".shot")];
  const named = (name) => [...viewer.querySelectorAll(`input[name="${name}"]`)];
  const frames = named("frame");
  const chosen = (name, otherwise) => named(name).find((input) => input.checked)?.value ?? otherwise;
  let wipePercent = 50;

  function moveWipe(percent) {
    wipePercent = Math.min(100, Math.max(0, percent));
    const shown = Math.round(wipePercent);
    stage.style.setProperty("--wipe", `${wipePercent}%`);
    wipe.setAttribute("aria-valuenow", String(shown));
    wipe.setAttribute("aria-valuetext", `before on the left ${shown} %, after on the right ${100 - shown} %`);
  }

  function show() {
    const input = frames.find((one) => one.checked);
    const area = chosen("area", "whole");
    const view = chosen("view", "wipe");
    for (const shot of shots) {
      const current = shot.dataset.frame === input.value && shot.dataset.area === area;
      shot.classList.toggle("current", current);
      if (current) describe(shot, input, view);
    }
    handFocusOn(view);
    stage.classList.toggle("difference", view === "difference");
    stage.classList.toggle("pixels", area === "detail");
    for (const overlay of named("overlay")) stage.classList.toggle(`show-${overlay.value}`, overlay.checked);
    for (const line of document.querySelectorAll(".now")) line.style.left = `${input.dataset.place}%`;
  }

  // The slider is not there in the difference view: the viewer holds the focus for it, so that keys go on working.
  function handFocusOn(view) {
    if (view === "difference" && document.activeElement === wipe) viewer.focus({ preventScroll: true });
    if (view === "wipe" && document.activeElement === viewer) {
      stage.classList.remove("difference");
      wipe.focus({ preventScroll: true });
    }
  }

  function describe(shot, input, view) {
    const parts = [`Frame ${input.value}`, `mean change ${input.dataset.change} of 255 levels`];
    if (shot.dataset.where) parts.push(shot.dataset.where);
    if (view === "difference") parts.push("middle grey is what was not touched, brighter is what was made brighter");
    caption.textContent = parts.join(" · ");
  }

  function stepFrame(by) {
    const at = frames.findIndex((input) => input.checked);
    const next = frames[Math.min(frames.length - 1, Math.max(0, at + by))];
    next.checked = true;
    if (document.activeElement && document.activeElement.name === "frame") next.focus();
    show();
  }

  function flip(name, first, second) {
    const inputs = named(name);
    if (!inputs.length) return;
    const wanted = chosen(name) === first ? second : first;
    inputs.find((input) => input.value === wanted).checked = true;
    show();
  }

  function toggleOverlay() {
    const overlay = named("overlay")[0];
    if (!overlay) return;
    overlay.checked = !overlay.checked;
    show();
  }

  const wipeKeys = {
    ArrowLeft: (large) => wipePercent - (large ? LARGE_STEP : STEP),
    ArrowDown: (large) => wipePercent - (large ? LARGE_STEP : STEP),
    ArrowRight: (large) => wipePercent + (large ? LARGE_STEP : STEP),
    ArrowUp: (large) => wipePercent + (large ? LARGE_STEP : STEP),
    PageDown: () => wipePercent - LARGE_STEP,
    PageUp: () => wipePercent + LARGE_STEP,
    Home: () => 0,
    End: () => 100,
  };
  wipe.addEventListener("keydown", (event) => {
    const place = wipeKeys[event.key];
    if (!place || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    moveWipe(place(event.shiftKey));
  });

  // Letters act only while something in the viewer has the focus, so that they are in nobody's way.
  const viewerKeys = {
    n: () => stepFrame(1),
    p: () => stepFrame(-1),
    d: () => flip("view", "wipe", "difference"),
    z: () => flip("area", "whole", "detail"),
    m: toggleOverlay,
  };
  viewer.addEventListener("keydown", (event) => {
    const act = viewerKeys[event.key.toLowerCase()];
    if (!act || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    act();
  });
  viewer.addEventListener("change", show);

  function follow(event) {
    const box = stage.getBoundingClientRect();
    moveWipe((100 * (event.clientX - box.left)) / box.width);
  }
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || stage.classList.contains("difference")) return;
    stage.setPointerCapture(event.pointerId);
    follow(event);
    wipe.focus({ preventScroll: true });
    event.preventDefault();
  });
  stage.addEventListener("pointermove", (event) => {
    if (stage.hasPointerCapture(event.pointerId)) follow(event);
  });

  document.documentElement.classList.add("js");
  moveWipe(50);
  show();
})();
