// Unfold the verdict that a cell of the heat map leads to.
function unfold() {
  const box = document.getElementById(location.hash.slice(1));
  if (box && box.tagName === "DETAILS") {
    box.open = true;
    box.scrollIntoView({ block: "start" });
  }
}
addEventListener("hashchange", unfold);
unfold();
