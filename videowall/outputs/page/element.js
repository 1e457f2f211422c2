// Making elements, and writing only what has changed, so that it is neither laid out nor announced again.

export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

// Put these children into an element, in this order; those that are there already are moved only where they must be, so
// that a press that has begun on one ends on it, and the keyboard's focus stays.
export function arrange(element, children) {
  const focused = document.activeElement;
  for (const child of [...element.children]) if (!children.includes(child)) child.remove();
  children.forEach((child, index) => {
    if (element.children[index] !== child) element.insertBefore(child, element.children[index] ?? null);
  });
  if (document.activeElement !== focused && element.contains(focused)) focused.focus();
}

export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
