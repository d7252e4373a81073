package stretch

// Salt is what PRS gives to Argon2id.
var Salt = salt
