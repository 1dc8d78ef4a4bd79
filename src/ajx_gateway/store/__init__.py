"""WHERE is it kept? The only room that speaks SQL: PostgreSQL 18, embedded or not."""
