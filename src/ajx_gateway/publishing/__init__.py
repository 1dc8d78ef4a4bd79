"""WHAT do we publish? Schemas, dictionary, code lists, rules, requirements and OpenAPI, all from the code."""
