# Makes openssl.json: a few cases of each primitive by OpenSSL, through Python's cryptography (48 or later; node does not
# pass ML-KEM on yet). Encapsulation draws its own randomness, so each run makes other ciphertexts.
# Run it in this folder: python3 openssl.py > openssl.json
import hashlib, json
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

def fill(name, size):
    return hashlib.shake_256(name.encode()).digest(size)

def case(**fields):
    return {"result": "valid"} | {k: v.hex() if isinstance(v, bytes) else v for k, v in fields.items()}

def cipher(msg, aad):
    key, iv, text, head = fill(f"key {msg}", 32), fill("iv", 12), fill("msg", msg), fill("aad", aad)
    sealed = ChaCha20Poly1305(key).encrypt(iv, text, head)
    return case(key=key, iv=iv, msg=text, aad=head, ct=sealed[:-16], tag=sealed[-16:])

def derivation(algorithm, ikm, salt, info, size):
    i, s, n = fill("ikm", ikm), fill("salt", salt), fill("info", info)
    return case(ikm=i, salt=s, info=n, size=size, okm=HKDF(algorithm, size, s, n).derive(i))

def authentication(key, msg):
    h = hmac.HMAC(fill("key", key), hashes.SHA256())
    h.update(fill("msg", msg))
    return case(key=fill("key", key), msg=fill("msg", msg), tag=h.finalize())

def agreement(name):
    private, peer = fill(f"private {name}", 32), fill(f"public {name}", 32)
    shared = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(peer))
    return case(private=private, public=peer, shared=shared)

def encapsulation(name):
    seed = fill(f"seed {name}", 64)
    public = MLKEM768PrivateKey.from_seed_bytes(seed).public_key()
    shared, ciphertext = public.encapsulate()
    return case(seed=seed, ek=public.public_bytes_raw(), c=ciphertext, k=shared)

print(json.dumps({
    "chacha20Poly1305": [cipher(0, 0), cipher(1, 15), cipher(64, 16), cipher(300, 17)],
    "hkdfSHA256": [derivation(hashes.SHA256(), *c) for c in [(32, 0, 0, 32), (64, 32, 20, 100), (128, 65, 33, 255 * 32)]],
    "hkdfSHA512": [derivation(hashes.SHA512(), *c) for c in [(32, 0, 0, 64), (64, 129, 20, 100)]],
    "hmacSHA256": [authentication(*c) for c in [(32, 0), (32, 64), (64, 100), (65, 300)]],
    "x25519": [agreement(i) for i in range(4)],
    "mlkem768": [encapsulation(i) for i in range(2)],
}, indent=1))
