"""The review page: people correct suggested annotations in the browser, on this machine."""
