package dev.warmlane.harness;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.concurrent.atomic.AtomicInteger;

/** An identity provider that describes itself, serves its keys, counts who asks for them, and signs whatever a test wants. */
public final class IdentityProvider implements AutoCloseable {
    public static final String AUDIENCE = "warmlane";

    /** That of no provider, under whatever name. Making one takes a second. */
    private static final RSAKey ANOTHER = newKey("another");

    private final HttpServer server;
    private final RSAKey key = newKey("current");
    private final AtomicInteger keyRequests = new AtomicInteger();

    private IdentityProvider(HttpServer server) {
        this.server = server;
        server.createContext("/keys", exchange -> {
            keyRequests.incrementAndGet();
            answer(exchange, new JWKSet(key).toString());
        });
        server.createContext(
                "/.well-known/openid-configuration",
                exchange -> answer(
                        exchange,
                        "{\"issuer\":\"%s\",\"jwks_uri\":\"%s/keys\",\"subject_types_supported\":[\"public\"]}"
                                .formatted(issuer(), issuer())));
        server.start();
    }

    public static IdentityProvider start() {
        return new IdentityProvider(LocalHttp.bind());
    }

    public String issuer() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public int keyRequests() {
        return keyRequests.get();
    }

    /** What a good token says; a test changes one thing. */
    public JWTClaimsSet.Builder claims(String subject) {
        return new JWTClaimsSet.Builder()
                .subject(subject)
                .issuer(issuer())
                .audience(AUDIENCE)
                .expirationTime(Date.from(Instant.now().plus(Duration.ofMinutes(5))));
    }

    public String token(JWTClaimsSet claims) {
        return signed(claims, key);
    }

    /** Signed by another key of the name that ours has. */
    public String forged(JWTClaimsSet claims) {
        return signed(claims, another("current"));
    }

    /** Signed by a key that the provider does not list. */
    public String ofUnlistedKey(JWTClaimsSet claims, String id) {
        return signed(claims, another(id));
    }

    public static String unsigned(JWTClaimsSet claims) {
        return new PlainJWT(claims).serialize();
    }

    /** Signed with the public key as if it were a shared secret. */
    public String confused(JWTClaimsSet claims) {
        try {
            SignedJWT token = new SignedJWT(
                    new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("current").build(), claims);
            token.sign(new MACSigner(key.toRSAPublicKey().getEncoded()));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String signed(JWTClaimsSet claims, RSAKey key) {
        try {
            SignedJWT token = new SignedJWT(
                    new JWSHeader.Builder(JWSAlgorithm.RS256)
                            .keyID(key.getKeyID())
                            .build(),
                    claims);
            token.sign(new RSASSASigner(key));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static RSAKey another(String id) {
        return new RSAKey.Builder(ANOTHER).keyID(id).build();
    }

    private static RSAKey newKey(String id) {
        try {
            return new RSAKeyGenerator(2048).keyID(id).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void answer(HttpExchange exchange, String json) throws IOException {
        byte[] body = json.getBytes(UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
