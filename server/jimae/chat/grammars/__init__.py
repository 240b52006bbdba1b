"""What an answer must look like, as a grammar of llguidance's: text in, validated text out."""
