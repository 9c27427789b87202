// The player: play, pause, step and rewind; the frames in between; and what stops them.
import { findElement } from "./controls.js";
import { FrameLoop, Pacer } from "./loop.js";
import { formatCount } from "./settings.js";

/** @typedef {import("./model.js").PageModel} PageModel */
/** @typedef {import("./view.js").PageView} PageView */
/** @typedef {import("./notice.js").Notice} Notice */

export class Player {
  /**
   * @param {PageModel} model
   * @param {PageView} view
   * @param {Notice} notice
   */
  constructor(model, view, notice) {
    this.model = model;
    this.view = view;
    this.notice = notice;
    this.pacer = new Pacer();
    this.loop = new FrameLoop((elapsed) => this.frame(elapsed));
    findElement("play").addEventListener("click", () => this.toggle());
    findElement("step").addEventListener("click", () => this.stepOnce());
    findElement("rewind").addEventListener("click", () => this.rewind());
  }

  toggle() {
    if (this.loop.running) this.pause();
    else this.play();
  }

  /** Plays on, or from the start when the end has been reached. */
  play() {
    this.notice.clear();
    if (this.model.remaining === 0 || this.model.trainer?.diverged) this.model.trainer?.rewind(this.model.update.penalty);
    this.pacer.rest();
    this.loop.start();
    this.showState();
  }

  pause() {
    this.loop.stop();
    this.showState();
    this.view.drawAtRest();
  }

  rewind() {
    this.notice.clear();
    this.model.trainer?.rewind(this.model.update.penalty);
    this.redraw();
  }

  stepOnce() {
    if (this.loop.running) this.pause();
    this.notice.clear();
    this.advance((takeSteps) => takeSteps(1));
    this.view.drawAtRest();
  }

  /** Shows a change of the model; while playing, the next frame does. */
  redraw() {
    if (this.loop.running) return;
    this.view.drawMetrics();
    this.view.summarise();
    this.view.requestDraw();
  }

  showState() {
    const { running } = this.loop;
    findElement("play-text").textContent = running ? "Pause" : "Play";
    findElement("play-icon").setAttribute("href", running ? "#icon-pause" : "#icon-play");
    if (!running) this.view.drawSpeed(0);
  }

  /** @param {number} elapsed milliseconds */
  frame(elapsed) {
    const { model, pacer } = this;
    this.advance((takeSteps) => void pacer.frame(elapsed, model.speed, model.remaining, takeSteps));
    this.view.drawPlaying();
    this.view.drawSpeed(pacer.measured);
    if (model.trainer?.diverged || model.remaining === 0) this.pause();
  }

  /**
   * Lets `schedule` take steps, then measures.
   * @param {(takeSteps: (count: number) => void) => void} schedule
   */
  advance(schedule) {
    const { trainer, update } = this.model;
    if (!trainer) return;
    const before = trainer.checkpoint();
    schedule((count) => trainer.advance(count, update));
    if (trainer.step === before.step) return;
    trainer.settle(before, update);
    if (!trainer.diverged) return;
    const step = formatCount(trainer.step);
    this.notice.fail(`Diverged after step ${step}: lower the learning rate. The last finite weights are kept.`);
  }
}
