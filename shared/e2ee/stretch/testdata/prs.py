# Makes prs.json: e2ee.md, section 5, with OpenSSL's Argon2id, which node does not pass on yet, but Python's cryptography
# does (47 or later). Run it in this folder: python3 prs.py > prs.json
import hashlib, json, unicodedata
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

def cat(*parts):
    out = b""
    for part in parts:
        n = len(part)
        while n > 127:
            out, n = out + bytes([n & 127 | 128]), n >> 7
        out += bytes([n]) + part
    return out

def prs(room, passphrase):
    salt = hashlib.sha256(cat(b"Conclave E2EE v1 passphrase salt", room.encode())).digest()[:16]
    kdf = Argon2id(salt=salt, length=32, iterations=2, lanes=1, memory_cost=19456)
    return {"room": room, "passphrase": passphrase, "salt": salt.hex(), "prs": kdf.derive(passphrase.encode()).hex()}

cases = [
    ("standup", "violin cactus harbor mitten"),
    ("standup", "Violin cactus harbor mitten"),
    ("Standup", "violin cactus harbor mitten"),
    (unicodedata.normalize("NFC", "café-réunion"), unicodedata.normalize("NFC", "crème brûlée à minuit")),
    ("r" * 128, "длинная фраза для встречи"),
]
print(json.dumps([prs(*c) for c in cases], indent=1, ensure_ascii=False))
