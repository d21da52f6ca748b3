"""Events and the search jobs that find them."""
