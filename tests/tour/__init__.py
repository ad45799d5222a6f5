"""A tour of every screen: pictures for people, and a look at what a person would stumble over."""
