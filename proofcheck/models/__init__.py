"""Models of papers: each quantity defined once, in the claim language, and evaluated by the one evaluator in every algebra."""
