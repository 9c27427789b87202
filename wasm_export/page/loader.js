// The loader: inflates the page's script and lets the browser run it. The policy of the page names the hash of both, so
// nothing else can run this way. It stands alone: all other files are in what it loads.

/** @param {string} base64 */
async function runScript(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const script = document.createElement("script");
  script.type = "module";
  script.textContent = await new Response(stream).text();
  document.head.append(script);
}

runScript(document.getElementById("script")?.textContent ?? "").catch((error) => {
  const notice = /** @type {HTMLElement} */ (document.getElementById("notice"));
  notice.hidden = false;
  notice.prepend(`This browser cannot open the page: ${error.message}`);
});
