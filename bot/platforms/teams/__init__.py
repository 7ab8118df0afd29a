"""Microsoft Teams: one bot registration, in personal chats, group chats and channels."""
