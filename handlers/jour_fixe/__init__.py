"""The jour fixe: from a topic in chat to a decision, and from there to an answer. One module a job, as above."""
