// The loader: inflates the page's script and lets the browser run it. The policy of the page names the hash of both, so
// nothing else can run this way. It stands alone: all other files are in what it loads.

/** @param {string} base64 */
async function runScript(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
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
