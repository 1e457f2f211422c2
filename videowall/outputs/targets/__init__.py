"""Where a wall is sent by itself: receivers, folders and files named by URLs, each supervised alone."""
