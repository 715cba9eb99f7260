"""The replay server: recorded replies over HTTP, in place of a teacher."""
