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
  readonly #onChange: (held: boolean) => void;

  constructor(onChange: (held: boolean) => void) {
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
    this.#set(true);
    this.#toEnd();
  }

  /** Stay where the reader goes from here, though it be the end. */
  release(): void {
    this.#set(false);
  }

  #grown(): void {
    if (this.#held) this.#toEnd();
    else if (this.#distance() <= NEAR) this.#set(true);
  }

  #scrolled(): void {
    const scroller = this.#scroller;
    if (scroller === null) return;
    if (this.#distance() <= NEAR) this.#set(true);
    else if (scroller.scrollTop < this.#last) this.#set(false);
    this.#last = scroller.scrollTop;
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

  #set(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    this.#onChange(held);
  }
}
