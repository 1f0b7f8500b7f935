"""What config.json and the state output may say."""
