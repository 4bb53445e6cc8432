// TODO: greet in the language of the person
export function greet(name) {
  return `Hello, ${name}!`;
}
