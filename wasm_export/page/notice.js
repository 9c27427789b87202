// The notice: one line over the map that says what went wrong, or what was done.
import { findElement } from "./controls.js";

const SHOWN_MS = 4000;

export class Notice {
  constructor() {
    this.box = findElement("notice");
    this.timer = 0;
    findElement("notice-close").addEventListener("click", () => this.clear());
  }

  /**
   * Something to correct; stays until it is dismissed or outdated.
   * @param {string} message
   */
  fail(message) {
    this.show(message, true);
  }

  /**
   * Something that went well; leaves by itself.
   * @param {string} message
   */
  tell(message) {
    this.show(message, false);
    this.timer = window.setTimeout(() => this.clear(), SHOWN_MS);
  }

  /**
   * @param {string} message
   * @param {boolean} isError
   */
  show(message, isError) {
    clearTimeout(this.timer);
    this.box.hidden = false;
    this.box.classList.toggle("error", isError);
    findElement("notice-text").textContent = message;
  }

  clear() {
    clearTimeout(this.timer);
    this.box.hidden = true;
  }
}
