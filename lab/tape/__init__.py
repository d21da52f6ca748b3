"""Answers of an API kept in a folder, without what they tell of people and machines, and given again from there."""
