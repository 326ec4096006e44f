"""The report: records, and what is made of them for people and machines."""
