/**
 * Keeps a scrolling element at its end while its content grows, as long as the
 * reader is there; scrolling up lets go, coming back to the end holds on again.
 *
 * Sizes are observed, so nothing polls and nothing is timed.
 */

/** Pixels from the end that still count as being there. */
const NEAR = 32;

export class StickyEnd {
  #scroller: HTMLElement | null = null;
  #last = 0;
  #held = true;
  /** The reader was led elsewhere: that the end is near does not lead them back. */
  #released = false;
  #told = true;
  readonly #onChange: (atEnd: boolean) => void;

  constructor(onChange: (atEnd: boolean) => void) {
    this.#onChange = onChange;
  }

  /** Watch a scroller and the element inside that grows; returns how to stop. */
  attach(scroller: HTMLElement, content: HTMLElement): () => void {
    this.#scroller = scroller;
    this.#last = scroller.scrollTop;
    const observer = new ResizeObserver(() => this.#grown());
    observer.observe(content);
    observer.observe(scroller);
    const onScroll = (): void => this.#scrolled();
    scroller.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      observer.disconnect();
      scroller.removeEventListener("scroll", onScroll);
      this.#scroller = null;
    };
  }

  /** Go to the end and stay there. */
  hold(): void {
    this.#held = true;
    this.#released = false;
    this.#toEnd();
    this.#tell();
  }

  /** Stay where the reader is led from here, until they scroll to the end. */
  release(): void {
    this.#held = false;
    this.#released = true;
    this.#tell();
  }

  #grown(): void {
    if (this.#held) this.#toEnd();
    else if (!this.#released && this.#distance() <= NEAR) this.#held = true;
    this.#tell();
  }

  #scrolled(): void {
    const scroller = this.#scroller;
    if (scroller === null) return;
    if (this.#distance() <= NEAR) {
      this.#held = true;
      this.#released = false;
    } else if (scroller.scrollTop < this.#last) this.#held = false;
    this.#last = scroller.scrollTop;
    this.#tell();
  }

  #toEnd(): void {
    const scroller = this.#scroller;
    if (scroller === null) return;
    scroller.scrollTop = scroller.scrollHeight;
    this.#last = scroller.scrollTop;
  }

  #distance(): number {
    const scroller = this.#scroller;
    return scroller === null ? 0 : scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
  }

  #tell(): void {
    const atEnd = this.#held || this.#distance() <= NEAR;
    if (atEnd === this.#told) return;
    this.#told = atEnd;
    this.#onChange(atEnd);
  }
}
