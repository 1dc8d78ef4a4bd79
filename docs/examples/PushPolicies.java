import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * 向安责险数据网关报送保单的完整示例（Java 17，只用 JDK，不依赖任何第三方库）。
 *
 * <pre>
 *   javac PushPolicies.java
 *   java PushPolicies 网关地址 身份名称 kid 私钥.pem policies.ndjson
 *   java PushPolicies http://127.0.0.1:8321 insurer-a jD3...Qk insurer-a.pem policies.ndjson
 * </pre>
 *
 * 依次完成：以 private_key_jwt 取得访问令牌；以幂等键提交 NDJSON；遇 409、429、503 或断线，以同一幂等键、
 * 同一报文重试；验证回执的签名与报文摘要。退出码：0 全部接受，1 部分接受，2 全部拒绝，3 未能报送。
 *
 * 为不引入依赖，本例用正则表达式读取应答中的几个字段；正式系统请使用 Jackson 等 JSON 库。
 */
public final class PushPolicies {

    private static final String ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    private static final int ATTEMPTS = 6;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);
    private static final int COORDINATE = 32; // P-256：r、s、x、y 各 32 字节

    // 固定 HTTP/1.1：缺省的 HTTP/2 在明文 http:// 上会先发 h2c 升级请求，服务器未必读取其报文。
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private final String gateway;
    private final String client;
    private final String kid;
    private final PrivateKey key;

    private String token;
    private Instant tokenEnds = Instant.EPOCH;

    private PushPolicies(String gateway, String client, String kid, PrivateKey key) {
        this.gateway = gateway;
        this.client = client;
        this.kid = kid;
        this.key = key;
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 5) {
            System.err.println("用法：java PushPolicies 网关地址 身份名称 kid 私钥.pem policies.ndjson");
            System.exit(3);
        }
        PrivateKey key = privateKey(Path.of(arguments[3]));
        PushPolicies insurer = new PushPolicies(arguments[0], arguments[1], arguments[2], key);
        byte[] body = Files.readAllBytes(Path.of(arguments[4]));
        try {
            System.exit(insurer.file("policies", body));
        } catch (IOException | GeneralSecurityException fault) {
            // 报送未得到确认：稍后原样重跑即可，幂等键由报文算出，不会重复入库。
            System.err.println("未能报送：" + fault.getMessage());
            System.exit(3);
        }
    }

    /** 报送一批并验证回执；返回退出码。 */
    private int file(String collection, byte[] body)
            throws IOException, InterruptedException, GeneralSecurityException {
        HttpResponse<String> answer = push(collection, body);
        if (answer.statusCode() != 200 && !isAnswer(answer)) {
            throw new IOException("HTTP " + answer.statusCode() + " " + answer.body());
        }
        System.out.println(answer.body());
        String receipt = member(answer.body(), "receipt");
        if (!receiptHolds(receipt, body)) {
            throw new GeneralSecurityException("回执无效，请保留应答并联系网关运维方");
        }
        // 请把 receipt 与报文一起归档：它是“何时、报了什么、网关如何判定”的凭证。
        System.err.println("回执验证通过");
        return switch (member(answer.body(), "verdict")) {
            case "accepted" -> 0;
            case "partial" -> 1;
            default -> 2;
        };
    }

    /** atomic=true 且有记录被拒绝时为 422，但形状与 200 相同；其余 422 是 application/problem+json。 */
    private static boolean isAnswer(HttpResponse<String> answer) {
        String type = answer.headers().firstValue("Content-Type").orElse("");
        return answer.statusCode() == 422 && type.startsWith("application/json");
    }

    // ---- 报送与重试 -------------------------------------------------------------------------------------

    private HttpResponse<String> push(String collection, byte[] body)
            throws IOException, InterruptedException, GeneralSecurityException {
        // 幂等键由报文算出：进程崩溃后重跑，仍是同一个键。
        String idempotencyKey = collection + "-" + sha256(body);
        Duration waited = Duration.ZERO;
        boolean renewed = false;
        for (int attempt = 1; ; attempt++) {
            HttpResponse<String> answer = null;
            try {
                HttpRequest request = HttpRequest.newBuilder(URI.create(gateway + "/v1/" + collection))
                        .timeout(Duration.ofMinutes(2))
                        .header("Authorization", "Bearer " + token())
                        .header("Content-Type", "application/x-ndjson")
                        .header("Idempotency-Key", idempotencyKey)
                        .header("Data-Standard", "1.0")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                        .build();
                answer = http.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
                if (answer.statusCode() == 401 && !renewed) {
                    renewed = true;
                    tokenEnds = Instant.EPOCH; // 令牌失效（如网关更换了密钥）：重新取得一次
                    continue;
                }
                if (!isLater(answer.statusCode())) {
                    return answer;
                }
            } catch (IOException lost) {
                // 断线时无从知道报文是否已经入库：用同一幂等键再问一次，就会得到原来的应答。
                if (attempt >= ATTEMPTS) {
                    throw lost;
                }
            }
            Duration pause = pause(attempt, answer);
            waited = waited.plus(pause);
            if (attempt >= ATTEMPTS || waited.compareTo(LONGEST_WAIT) > 0) {
                throw new IOException("多次重试后仍未得到结果，请稍后原样重跑");
            }
            Thread.sleep(pause.toMillis());
        }
    }

    private static boolean isLater(int status) {
        return status == 409 || status == 429 || status == 502 || status == 503 || status == 504;
    }

    /** 服从 Retry-After（秒）；没有时指数退避，并加随机抖动。 */
    private static Duration pause(int attempt, HttpResponse<String> answer) {
        String stated = answer == null ? "" : answer.headers().firstValue("Retry-After").orElse("");
        if (stated.matches("[0-9]{1,6}")) {
            return Duration.ofSeconds(Long.parseLong(stated));
        }
        long ceiling = Math.min(8_000, 250L << attempt);
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(ceiling / 2, ceiling));
    }

    // ---- 访问令牌：private_key_jwt ----------------------------------------------------------------------

    private String token() throws IOException, InterruptedException, GeneralSecurityException {
        if (Instant.now().isBefore(tokenEnds)) {
            return token;
        }
        Instant asked = Instant.now();
        HttpRequest request = HttpRequest.newBuilder(URI.create(gateway + "/oauth2/token"))
                .timeout(Duration.ofSeconds(30))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form(Map.of(
                        "grant_type", "client_credentials",
                        "client_assertion_type", ASSERTION_TYPE,
                        "client_assertion", assertion(asked)))))
                .build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        if (isLater(answer.statusCode())) {
            throw new IOException("取得令牌失败：HTTP " + answer.statusCode()); // 由上面的循环重试
        }
        if (answer.statusCode() != 200) {
            throw new GeneralSecurityException("取得令牌失败：HTTP " + answer.statusCode() + " " + answer.body());
        }
        token = member(answer.body(), "access_token");
        long seconds = Long.parseLong(number(answer.body(), "expires_in"));
        tokenEnds = asked.plusSeconds(Math.max(seconds - 30, seconds / 2)); // 提前更换，避免在途中过期
        return token;
    }

    /** 客户端断言：每次新的 jti，寿命不超过五分钟；头部只有 alg、kid、typ 三项。 */
    private String assertion(Instant now) throws GeneralSecurityException {
        String header = "{\"alg\":\"ES256\",\"kid\":\"" + kid + "\",\"typ\":\"JWT\"}";
        String claims = "{\"iss\":\"" + client + "\",\"sub\":\"" + client + "\""
                + ",\"aud\":\"" + gateway + "/oauth2/token\""
                + ",\"iat\":" + now.getEpochSecond() + ",\"exp\":" + (now.getEpochSecond() + 120)
                + ",\"jti\":\"" + UUID.randomUUID() + "\"}";
        String signed = base64url(header.getBytes(StandardCharsets.UTF_8)) + "."
                + base64url(claims.getBytes(StandardCharsets.UTF_8));
        Signature signer = Signature.getInstance("SHA256withECDSA");
        signer.initSign(key);
        signer.update(signed.getBytes(StandardCharsets.US_ASCII));
        return signed + "." + base64url(derToJose(signer.sign()));
    }

    /**
     * DER 的 SEQUENCE{INTEGER r, INTEGER s} 转为 JOSE 的 r‖s（各 32 字节）。
     *
     * 只用 SunEC 时，也可直接用算法名 SHA256withECDSAinP1363Format 省去本步；密码机等提供者通常只给 DER。
     */
    static byte[] derToJose(byte[] der) throws GeneralSecurityException {
        // P-256 的签名不超过 72 字节，长度总是单字节形式。
        if (der.length < 8 || der[0] != 0x30 || der[1] != der.length - 2 || der[2] != 0x02) {
            throw new GeneralSecurityException("不是 P-256 的 DER 签名");
        }
        int rLength = der[3];
        int sTag = 4 + rLength;
        if (rLength < 1 || sTag + 2 > der.length || der[sTag] != 0x02 || sTag + 2 + der[sTag + 1] != der.length) {
            throw new GeneralSecurityException("不是 P-256 的 DER 签名");
        }
        byte[] jose = new byte[2 * COORDINATE];
        place(new BigInteger(1, Arrays.copyOfRange(der, 4, sTag)), jose, 0);
        place(new BigInteger(1, Arrays.copyOfRange(der, sTag + 2, der.length)), jose, COORDINATE);
        return jose;
    }

    /** 右对齐写入 32 字节：去掉 DER 的符号字节，补足高位的零。 */
    private static void place(BigInteger number, byte[] target, int start) throws GeneralSecurityException {
        if (number.bitLength() > 8 * COORDINATE) {
            throw new GeneralSecurityException("不是 P-256 的签名");
        }
        byte[] bytes = number.toByteArray();
        int from = bytes.length > COORDINATE ? bytes.length - COORDINATE : 0;
        System.arraycopy(bytes, from, target, start + COORDINATE - (bytes.length - from), bytes.length - from);
    }

    // ---- 回执 -------------------------------------------------------------------------------------------

    /** 签名出自网关公布的密钥，且所载摘要就是本次报文的 SHA-256。 */
    private boolean receiptHolds(String receipt, byte[] body)
            throws IOException, InterruptedException, GeneralSecurityException {
        String[] parts = receipt.split("\\.");
        if (parts.length != 3) {
            return false;
        }
        String header = new String(Base64.getUrlDecoder().decode(parts[0]), StandardCharsets.UTF_8);
        if (!member(header, "alg").equals("ES256") || !member(header, "typ").equals("ajx-receipt+jws")) {
            return false;
        }
        Signature verifier = Signature.getInstance("SHA256withECDSA");
        verifier.initVerify(gatewayKey(member(header, "kid")));
        verifier.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
        byte[] signature = Base64.getUrlDecoder().decode(parts[2]);
        if (signature.length != 2 * COORDINATE || !verifier.verify(joseToDer(signature))) {
            return false;
        }
        String payload = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8);
        return member(payload, "body_sha256").equals(sha256(body));
    }

    /** 正式系统应把 JWKS 保存在本地（含已停用的旧公钥），这样多年后仍能离线验证。 */
    private PublicKey gatewayKey(String wanted) throws IOException, InterruptedException, GeneralSecurityException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(gateway + "/.well-known/jwks.json"))
                .timeout(Duration.ofSeconds(30)).build();
        String jwks = http.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8)).body();
        Matcher keys = Pattern.compile("\\{[^{}]*\\}").matcher(jwks);
        while (keys.find()) {
            if (member(keys.group(), "kid").equals(wanted)) {
                return publicKey(member(keys.group(), "x"), member(keys.group(), "y"));
            }
        }
        throw new GeneralSecurityException("网关没有公布密钥 " + wanted);
    }

    private static PublicKey publicKey(String x, String y) throws GeneralSecurityException {
        AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
        curve.init(new ECGenParameterSpec("secp256r1"));
        ECPoint point = new ECPoint(
                new BigInteger(1, Base64.getUrlDecoder().decode(x)),
                new BigInteger(1, Base64.getUrlDecoder().decode(y)));
        ECPublicKeySpec spec = new ECPublicKeySpec(point, curve.getParameterSpec(ECParameterSpec.class));
        return KeyFactory.getInstance("EC").generatePublic(spec);
    }

    static byte[] joseToDer(byte[] jose) {
        byte[] r = new BigInteger(1, Arrays.copyOfRange(jose, 0, COORDINATE)).toByteArray();
        byte[] s = new BigInteger(1, Arrays.copyOfRange(jose, COORDINATE, 2 * COORDINATE)).toByteArray();
        byte[] der = new byte[6 + r.length + s.length];
        der[0] = 0x30;
        der[1] = (byte) (4 + r.length + s.length);
        der[2] = 0x02;
        der[3] = (byte) r.length;
        System.arraycopy(r, 0, der, 4, r.length);
        der[4 + r.length] = 0x02;
        der[5 + r.length] = (byte) s.length;
        System.arraycopy(s, 0, der, 6 + r.length, s.length);
        return der;
    }

    // ---- 小工具 -----------------------------------------------------------------------------------------

    /** openssl genpkey 生成的 PKCS#8 私钥（-----BEGIN PRIVATE KEY-----）。 */
    private static PrivateKey privateKey(Path pem) throws IOException, GeneralSecurityException {
        String text = Files.readString(pem, StandardCharsets.US_ASCII)
                .replaceAll("-----(BEGIN|END) PRIVATE KEY-----", "")
                .replaceAll("\\s", "");
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
    }

    private static String sha256(byte[] content) throws GeneralSecurityException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }

    private static String base64url(byte[] content) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(content);
    }

    private static String form(Map<String, String> members) {
        StringBuilder form = new StringBuilder();
        members.forEach((name, value) -> form.append(form.isEmpty() ? "" : "&").append(name).append('=')
                .append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
        return form.toString();
    }

    /** JSON 中最后一个名为 name 的字符串成员（receipt 在应答末尾，逐条结果之后）；没有时为空串。 */
    private static String member(String json, String name) {
        return last(json, "\"" + name + "\"\\s*:\\s*\"([^\"\\\\]*)\"");
    }

    private static String number(String json, String name) {
        return last(json, "\"" + name + "\"\\s*:\\s*([0-9]+)");
    }

    private static String last(String json, String pattern) {
        String found = "";
        for (Matcher matcher = Pattern.compile(pattern).matcher(json); matcher.find(); ) {
            found = matcher.group(1);
        }
        return found;
    }
}
