// The picture of a process, drawn by bpmn-js, with the places where an application was and stands.
// Without it, or without a picture in the file, the list of stages on the page says the same.

const box = document.querySelector("[data-process-picture]");
if (box) show(box);

async function show(box) {
  const message = box.querySelector("[data-message]");
  const answer = await fetch(box.dataset.src);
  if (!answer.ok) return;
  const text = await answer.text();
  if (!text.includes("BPMNPlane")) {
    message.textContent = box.dataset.textNone;
    return;
  }
  message.remove();
  const viewer = new window.BpmnJS({ container: box });
  await viewer.importXML(text);
  const canvas = viewer.get("canvas");
  const known = viewer.get("elementRegistry");
  for (const kind of ["done", "failed", "current"]) {
    for (const id of ids(box.dataset[kind])) {
      if (known.get(id)) canvas.addMarker(id, `app-process__${kind}`);
    }
  }
  const here = ids(box.dataset.current).filter((id) => known.get(id));
  mark(viewer, here, box.dataset.textHere);
  fit(canvas, here[0]);
  follow(viewer, canvas, here[0]);
}

function ids(text) {
  return (text ?? "").split(" ").filter(Boolean);
}

// A word at each place, for those who do not see the colours
function mark(viewer, here, text) {
  for (const id of here) {
    const label = document.createElement("span");
    label.className = "app-process__here";
    label.textContent = text;
    viewer.get("overlays").add(id, { position: { top: -12, left: 4 }, html: label });
  }
}

// The whole where it can be read; else a part of it, around the place
function fit(canvas, id) {
  canvas.zoom("fit-viewport", "auto");
  if (canvas.zoom() < 0.6 && id) {
    canvas.zoom(0.75);
    canvas.scrollToElement(id, { top: 120, bottom: 120, left: 200, right: 200 });
  }
}

function follow(viewer, canvas, id) {
  const bar = document.querySelector("[data-process-bar]");
  bar.hidden = false;
  bar.addEventListener("click", (event) => {
    switch (event.target.closest("[data-act]")?.dataset.act) {
      case "in":
        viewer.get("zoomScroll").stepZoom(1);
        break;
      case "out":
        viewer.get("zoomScroll").stepZoom(-1);
        break;
      case "fit":
        canvas.zoom("fit-viewport", "auto");
        break;
      case "here":
        if (id) canvas.scrollToElement(id, { top: 120, bottom: 120, left: 200, right: 200 });
        break;
      default:
    }
  });
}
