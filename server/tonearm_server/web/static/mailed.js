// A mailed link brings its code behind the `#`, which browsers send to nobody; here it becomes part of the form.

// Whoever has to sign in first loses what stands behind the `#`, so this tab keeps it until the form is there.
// A form that comes back with a fault has the code already; a mark for this tab keeps it out of the way.

const CODE = "tonearm.mailed";
const MARK = "tonearm.invited";
const field = document.getElementById("token");
const box = document.getElementById("token-field");
const token = new URLSearchParams(location.hash.slice(1)).get("t");

if (token) history.replaceState(null, "", location.pathname + location.search);

if (field === null) {
  if (token) sessionStorage.setItem(CODE, token);
} else {
  const kept = sessionStorage.getItem(CODE);
  sessionStorage.removeItem(CODE);
  if (token ?? kept) {
    field.value = token ?? kept;
    box.hidden = true;
    sessionStorage.setItem(MARK, "yes");
    document.body.classList.add("mailed");
  } else if (field.value && !field.ariaInvalid && sessionStorage.getItem(MARK)) {
    box.hidden = true;
  }
}
