// The loader: inflates the page's script and lets the browser run it. The policy of the page names the hash of both, so
// nothing else can run this way. All other files but `bytes` are in what it loads.
import { inflate } from "./bytes.js";

/** @param {string} deflated in base64 */
async function runScript(deflated) {
  const script = document.createElement("script");
  script.type = "module";
  script.textContent = await inflate(deflated).text();
  document.head.append(script);
}

runScript(document.getElementById("script")?.textContent ?? "").catch((error) => {
  const notice = /** @type {HTMLElement} */ (document.getElementById("notice"));
  notice.hidden = false;
  notice.prepend(`This browser cannot open the page: ${error.message}`);
});
