// Fields that were left empty stay out of the address.
document.addEventListener("formdata", (event) => {
  if (event.target.id !== "facets") return;
  for (const [name, value] of [...event.formData.entries()]) {
    if (value === "") event.formData.delete(name);
  }
});
