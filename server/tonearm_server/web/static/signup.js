// The invitation travels behind the `#`, which browsers send to nobody; here it becomes part of the form.

const field = document.getElementById("token");
const token = new URLSearchParams(location.hash.slice(1)).get("t");

if (token) {
  field.value = token;
  document.getElementById("token-field").hidden = true;
  history.replaceState(null, "", location.pathname);
}
