"""Every published signing vector, and the cheap ones which were computed from a venue's recipe."""

import base64 as b64
import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from barterpy.http import encode_query
from barterpy.signing import (
    Encoder,
    Mac,
    base64,
    base64url_unpadded,
    ed25519,
    eddsa,
    es256,
    hexadecimal,
    hmac_sha256,
    hmac_sha384,
    hmac_sha512,
    jwt,
)

RFC8032_SEED = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
RFC8032_DER = "302e020100300506032b657004220420" + RFC8032_SEED
RFC8032_PUBLIC = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
RFC8032_SIGNATURE = (
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
    "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
)
RFC8032_PEM = (
    "-----BEGIN PRIVATE KEY-----\n"
    + b64.b64encode(bytes.fromhex(RFC8032_DER)).decode()
    + "\n-----END PRIVATE KEY-----\n"
)

VECTORS = [
    pytest.param(
        hmac_sha256("NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"),
        hexadecimal,
        "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
        "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
        id="binance_spot_rest_hmac_ascii",
    ),
    pytest.param(
        hmac_sha256("NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"),
        hexadecimal,
        "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
        "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3",
        id="binance_spot_rest_hmac_unicode",
    ),
    pytest.param(
        hmac_sha256("NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"),
        hexadecimal,
        "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTCquantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
        "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77",
        id="binance_spot_rest_hmac_query_plus_body",
    ),
    pytest.param(
        hmac_sha256("NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"),
        hexadecimal,
        "timestamp=1578963600000",
        "d84e6641b1e328e7b418fff030caed655c266299c9355e36ce801ed14631eed4",
        id="binance_spot_rest_hmac_min",
    ),
    pytest.param(
        hmac_sha256("NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"),
        hexadecimal,
        "apiKey=vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A&newOrderRespType=ACK&price=52000.00&quantity=0.01000000&recvWindow=100&side=SELL&symbol=BTCUSDT&timeInForce=GTC&timestamp=1645423376532&type=LIMIT",
        "cc15477742bd704c29492d96c7ead9414dfd8e0ec4a00f947bb5bb454ddbd08a",
        id="binance_spot_wsapi_hmac",
    ),
    pytest.param(
        hmac_sha256("2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"),
        hexadecimal,
        "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943",
        "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9",
        id="binance_usdm_rest_hmac",
    ),
    pytest.param(
        hmac_sha256("test_secret"),
        hexadecimal,
        "1700000000000test_api_key5000category=linear&symbol=BTCUSDT",
        "fd4f31228a46109dc6673062328693696df9a96c7ff04e6491a45e7f63a0fdd7",
        id="bybit_rest_get",
    ),
    pytest.param(
        hmac_sha256("test_secret"),
        hexadecimal,
        '1700000000000test_api_key5000{"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "test-order-1"}',
        "2df4a0603d69c08d5dea29ba85b46eb7db64ce9e9ebd34a7802a3d69700cb2a1",
        id="bybit_rest_post",
    ),
    pytest.param(
        hmac_sha256("test_secret"),
        hexadecimal,
        "GET/realtime1700000000000",
        "bacffe7500499eb829bb58c45d36d1b3e5ac67c14eaeba91df5e99ccee013925",
        id="bybit_ws_auth",
    ),
    pytest.param(
        hmac_sha256("chNOOS4KvNXR_Xq4k4c9qsfoKWvnDecLATCRlcBwyKDYnWgO"),
        base64,
        "2020-12-08T09:08:57.715ZGET/api/v5/account/balance",
        "PJ61e1nb2F2Qd7D8SPiaIcx2gjdELc+o0ygzre9z33k=",
        id="okx_rest_get",
    ),
    pytest.param(
        hmac_sha256("chNOOS4KvNXR_Xq4k4c9qsfoKWvnDecLATCRlcBwyKDYnWgO"),
        base64,
        "1538054050GET/users/self/verify",
        "ENpPNQ8mQv8YzDMPhBsB4SrjaKK+FaEh2nozTRW6KU0=",
        id="okx_ws_login",
    ),
    pytest.param(
        hmac_sha256("AMANDASECRECT"),
        hexadecimal,
        "1576074319000\n1iqt2wls\n",
        "56590594f97921b09b18f166befe0d1319b198bbcdad7ca73382de2f88fe9aa1",
        id="deribit_client_signature_ws",
    ),
    pytest.param(
        hmac_sha256("AMANDASECRECT"),
        hexadecimal,
        "1576074319000\n1iqt2wls\nGET\n/api/v2/private/get_account_summary?currency=BTC\n\n",
        "9bfbc51a2bc372d72cc396cf1a213dc78d42eb74cb7dc272351833ad0de276ab",
        id="deribit_rest_deri_hmac",
    ),
    pytest.param(
        hmac_sha256("chNOOS4KvNXR_Xq4k4c9qsfoKWvnDecLATCRlcBwyKDYnWgO"),
        hexadecimal,
        "GET/api/v1/instrument1518064236",
        "c7682d435d0cfe87c16098df34ef2eb5a549d4c5a3c2b1f0f77b8af73423bf00",
        id="bitmex_1",
    ),
    pytest.param(
        hmac_sha256("chNOOS4KvNXR_Xq4k4c9qsfoKWvnDecLATCRlcBwyKDYnWgO"),
        hexadecimal,
        "GET/api/v1/instrument?filter=%7B%22symbol%22%3A+%22XBTM15%22%7D1518064237",
        "e2f422547eecb5b3cb29ade2127e21b858b235b386bfa45e1c1756eb3383919f",
        id="bitmex_2",
    ),
    pytest.param(
        hmac_sha256("chNOOS4KvNXR_Xq4k4c9qsfoKWvnDecLATCRlcBwyKDYnWgO"),
        hexadecimal,
        'POST/api/v1/order1518064238{"symbol":"XBTM15","price":219.0,"clOrdID":"mm_bitmex_1a/oemUeQ4CAJZgP3fjHsA","orderQty":98}',
        "1749cd2ccae4aa49048ae09f0b95110cee706e0944e6a14ad0b3a8cb45bd336b",
        id="bitmex_3",
    ),
    pytest.param(
        hmac_sha256("chNOOS4KvNXR_Xq4k4c9qsfoKWvnDecLATCRlcBwyKDYnWgO"),
        hexadecimal,
        "GET/realtime1518064236",
        "6d459dc02866d35a2b965edeecc68063d488e296b77982235fc6eca24b934945",
        id="bitmex_4",
    ),
    pytest.param(
        hmac_sha512("secret"),
        hexadecimal,
        "GET\n/api/v4/futures/orders\ncontract=BTC_USD&status=finished&limit=50\ncf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e\n1541993715",
        "55f84ea195d6fe57ce62464daaa7c3c02fa9d1dde954e4c898289c9a2407a3d6fb3faf24deff16790d726b66ac9f74526668b13bd01029199cc4fcc522418b8a",
        id="gate_rest_1",
    ),
    pytest.param(
        hmac_sha512("secret"),
        hexadecimal,
        "POST\n/api/v4/futures/orders\n\nad3c169203dc3026558f01b4df307641fa1fa361f086b2306658886d5708767b1854797c68d9e62fef2f991645aa82673622ebf417e091d0bd22bafe5d956cca\n1541993715",
        "eae42da914a590ddf727473aff25fc87d50b64783941061f47a3fdb92742541fc4c2c14017581b4199a1418d54471c269c03a38d788d802e2c306c37636389f0",
        id="gate_rest_2",
    ),
    pytest.param(
        hmac_sha512("secret"),
        hexadecimal,
        "channel=spot.orders&event=subscribe&time=1700000000",
        "0dc17b76097b2726573e30bde2a792ce238bbd452f414d949a5f71d5bf1dd50e8e8166a762af6614f0228360882c6e35df2ac39ed0eba1be8b02d9ca1ec9c6c9",
        id="gate_ws_subscribe",
    ),
    pytest.param(
        hmac_sha512("secret"),
        hexadecimal,
        "api\nspot.login\n\n1700000000",
        "fda6efd05e40791f1059365daecc597f520349bd009ecaa64454e137d73a181e6bcdeb466148db04b38adfc8800a2e46ab4e4ac02eee77a8a2a2ece43d6d720c",
        id="gate_ws_api_login",
    ),
    pytest.param(
        hmac_sha384("secret"),
        hexadecimal,
        "/api/v2/auth/r/orders1700000000000000{}",
        "409e248105be171c488ac1970f247035b11a07e5f7a7ebdbd71242060fc0456d76e36b4b29baa4851411eff28b2dfd1f",
        id="bitfinex_rest",
    ),
    pytest.param(
        hmac_sha384("secret"),
        hexadecimal,
        "AUTH1700000000000000",
        "972fdb5f9dd2676d1d363fff221e4db3f14cf7a1bd7cf5c2baae317251d6aca9f1412106221dbac44d35ce125fbf4840",
        id="bitfinex_ws_auth",
    ),
    pytest.param(
        hmac_sha256(
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==",
            base64_secret=True,
        ),
        base64,
        "1700000000GET/users/self/verify",
        "4w5N81jN+R8BEl+8gu26Lel0jalXF5uTezix+T8v9eY=",
        id="coinbase_exchange_ws",
    ),
    pytest.param(
        hmac_sha256(
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==",
            base64_secret=True,
        ),
        base64,
        '1700000000POST/orders{"product_id":"BTC-USD","side":"buy","price":"100","size":"1"}',
        "t0NrafS+zmHkqKN/J5wr0izZ468zEPmdfa2OwmanZ90=",
        id="coinbase_exchange_rest",
    ),
]


@pytest.mark.parametrize(("mac", "encoder", "payload", "expected"), VECTORS)
def test_hmac_vector(mac: Mac, encoder: Encoder, payload: str, expected: str) -> None:
    assert encoder(mac(payload.encode())) == expected


def test_binance_unicode_symbol_is_percent_encoded_as_utf8() -> None:
    assert (
        encode_query({"symbol": "\uff11\uff12\uff13\uff14\uff15\uff16"})
        == "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96"
    )


def test_kraken_spot_rest() -> None:
    # Path, then the SHA-256 of nonce and form.
    secret = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
    nonce = "1616492376594"
    form = f"nonce={nonce}&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
    payload = b"/0/private/AddOrder" + hashlib.sha256((nonce + form).encode()).digest()
    assert base64(hmac_sha512(secret, base64_secret=True)(payload)) == (
        "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
    )


KRAKEN_FUTURES = "7zxMEF5p/Z8l2p2U7Ghv6x14Af+Fx+92tPgUdVQ748FOIrEoT9bgT+bTRfXc5pz8na+hL/QdrCVG7bh9KpT0eMTm"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "c100b894-1729-464d-ace1-52dbce11db42",
            "4JEpF3ix66GA2B+ooK128Ift4XQVtc137N9yeg4Kqsn9PI0Kpzbysl9M1IeCEdjg0zl00wkVqcsnG4bmnlMb3A==",
            id="kraken_futures_ws_challenge",
        ),
        pytest.param(
            "symbol=PF_XBTUSD&side=buy&orderType=lmt&size=1&limitPrice=50000.51700000000000/api/v3/sendorder",
            "lCsDYbKoBN7omfG6VYkMShLqDab5dWH7jlPiVeMylr+hRoMTwk1WCb7TTznMUmzU50hRRXe8MIPc5VeG39zBwQ==",
            id="kraken_futures_rest",
        ),
    ],
)
def test_kraken_futures(text: str, expected: str) -> None:
    mac = hmac_sha512(KRAKEN_FUTURES, base64_secret=True)
    assert base64(mac(hashlib.sha256(text.encode()).digest())) == expected


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(RFC8032_SEED, id="seed-hex"),
        pytest.param(bytes.fromhex(RFC8032_SEED), id="seed-bytes"),
        pytest.param(b64.b64encode(bytes.fromhex(RFC8032_SEED)).decode(), id="seed-base64"),
        pytest.param(RFC8032_SEED + RFC8032_PUBLIC, id="seed-and-public-hex"),
        pytest.param(
            "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2DXWpgBgrEKt9VL/tPJZAc6DuFy89qmIyWvAhpo9wdRGg==",
            id="seed-and-public-base64",
        ),
        pytest.param(RFC8032_DER, id="der-hex"),
        pytest.param(bytes.fromhex(RFC8032_DER), id="der-bytes"),
        pytest.param(b64.b64encode(bytes.fromhex(RFC8032_DER)).decode(), id="der-base64"),
        pytest.param(RFC8032_PEM, id="pem"),
        pytest.param(RFC8032_PEM.encode(), id="pem-bytes"),
        pytest.param(RFC8032_PEM.replace("\n", "\\n"), id="pem-escaped-line-breaks"),
    ],
)
def test_ed25519_rfc8032_1(key: str | bytes) -> None:
    assert hexadecimal(ed25519(key)(b"")) == RFC8032_SIGNATURE


def test_es256_rfc6979_p256_sha256() -> None:
    key = es256(0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721)
    signature = key(b"sample")
    public = ec.EllipticCurvePublicNumbers(
        0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6,
        0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299,
        ec.SECP256R1(),
    ).public_key()
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    public.verify(encode_dss_signature(r, s), b"sample", ec.ECDSA(hashes.SHA256()))
    assert base64url_unpadded(signature) == (
        "79SLKqy2qP0RQN2c1F6B1p0sh3tWqvmRw00OqE6vNxb3yxyULWV8QdQ2x6G24p9l8-kA27mv9AZNxKsvhDrNqA"
    )


def test_coinbase_eddsa_jwt() -> None:
    name = "organizations/o/apiKeys/k"
    header = {"alg": "EdDSA", "kid": name, "typ": "JWT", "nonce": "0123456789abcdef"}
    claims = {
        "sub": name,
        "iss": "cdp",
        "nbf": 1700000000,
        "exp": 1700000120,
        "uri": "GET api.coinbase.com/api/v3/brokerage/accounts",
    }
    assert jwt(header, claims, eddsa(RFC8032_SEED), "EdDSA") == (
        "eyJhbGciOiJFZERTQSIsImtpZCI6Im9yZ2FuaXphdGlvbnMvby9hcGlLZXlzL2siLCJ0eXAiOiJKV1QiLCJub25jZSI6IjAxMjM0NTY3ODlh"
        "YmNkZWYifQ.eyJzdWIiOiJvcmdhbml6YXRpb25zL28vYXBpS2V5cy9rIiwiaXNzIjoiY2RwIiwibmJmIjoxNzAwMDAwMDAwLCJleHAiOjE3M"
        "DAwMDAxMjAsInVyaSI6IkdFVCBhcGkuY29pbmJhc2UuY29tL2FwaS92My9icm9rZXJhZ2UvYWNjb3VudHMifQ.irqVxQQiaTCMUJdWlWy8DF"
        "KKhpPVER5Bg5muycggI1IL6HEcO3JC8aWJFUW_MM17stTcsQ3y13qlGMRDXhxwDA"
    )
