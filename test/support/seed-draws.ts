import fc from 'fast-check';

// A run of the tests says the same today and tomorrow: properties that name no seed of their own draw from this one.
fc.configureGlobal({ seed: 20_261_128 });
