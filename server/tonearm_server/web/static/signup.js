// The invitation travels behind the `#`, which browsers send to nobody; here it becomes part of the form.

// A form that comes back with a fault has the code already; a mark for this tab keeps it out of the way.

const MARK = "tonearm.invited";
const field = document.getElementById("token");
const box = document.getElementById("token-field");
const token = new URLSearchParams(location.hash.slice(1)).get("t");

if (token) {
  field.value = token;
  box.hidden = true;
  sessionStorage.setItem(MARK, "yes");
  history.replaceState(null, "", location.pathname);
} else if (field.value && !field.ariaInvalid && sessionStorage.getItem(MARK)) {
  box.hidden = true;
}
