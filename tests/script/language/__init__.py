"""The programs of the language table, a file for each group of items. They are read as source and never changed to
please a linter: what looks odd is what the row is about.
"""
