package dev.warmlane.proxy.body;

import dev.warmlane.proxy.body.BufferedBody.BodyBudget;
import dev.warmlane.proxy.error.ApiException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpRequest;
import reactor.core.publisher.Mono;

/** Reads the bodies of requests, each up to a limit and all of them within a budget. */
public final class BodyReader {
    private final int limitBytes;
    private final BodyBudget budget;
    private final boolean inflates;

    /** @param inflates whether compressed bodies are inflated rather than refused */
    public BodyReader(int limitBytes, BodyBudget budget, boolean inflates) {
        this.limitBytes = limitBytes;
        this.budget = budget;
        this.inflates = inflates;
    }

    /**
     * Reads the body, empty if there is none, and passes it to its use; however that ends, the body is released. Fails with 413
     * past the limit, before reading further, with 415 if it is encoded in a way that is not taken, and with 503 if the bodies of
     * other requests have used up the budget.
     */
    public <T> Mono<T> read(ServerHttpRequest request, Function<BufferedBody, Mono<T>> use) {
        HttpHeaders headers = request.getHeaders();
        long announced = headers.getContentLength();
        if (announced > limitBytes) {
            return Mono.error(ApiException.bodyTooLarge(limitBytes));
        }
        if (announced == 0 || (announced < 0 && !headers.containsHeader(HttpHeaders.TRANSFER_ENCODING))) {
            return use.apply(new BufferedBody(budget, 0, 0));
        }
        BufferedBody body = new BufferedBody(budget, limitBytes, (int) announced);
        List<String> encodings = headers.getOrEmpty(HttpHeaders.CONTENT_ENCODING);
        if (!encodings.isEmpty() && !encodings.stream().allMatch("identity"::equalsIgnoreCase)) {
            // Several lines are one list (RFC 9110, section 5.3), and two codings are not taken.
            return readEncoded(request, body, String.join(",", encodings))
                    .flatMap(use)
                    .doFinally(signal -> body.release());
        }
        return request.getBody()
                .collect(() -> body, BufferedBody::append)
                .flatMap(use)
                .doFinally(signal -> body.release());
    }

    private Mono<BufferedBody> readEncoded(ServerHttpRequest request, BufferedBody inflated, String encoding) {
        Deflated deflated = inflates ? Deflated.of(encoding) : null;
        if (deflated == null) {
            return Mono.error(ApiException.unsupportedEncoding(inflates));
        }
        BufferedBody body = new BufferedBody(budget, limitBytes, -1);
        return request.getBody()
                .collect(() -> body, BufferedBody::append)
                .map(whole -> deflated.inflate(whole.bytes(), inflated))
                .doFinally(signal -> body.release());
    }

    /**
     * How a body is compressed (RFC 9110, section 8.4.1). It is inflated only as far as its new limit and the budget allow, so a
     * bomb costs no more than a body of that size.
     */
    private enum Deflated {
        GZIP {
            @Override
            InputStream open(InputStream compressed) throws IOException {
                return new GZIPInputStream(compressed, CHUNK_BYTES);
            }
        },
        DEFLATE {
            @Override
            InputStream open(InputStream compressed) {
                return new InflaterInputStream(compressed);
            }
        };

        private static final int CHUNK_BYTES = 8192;

        /** The encoding of this name in Content-Encoding, or null. Not of two, one over the other. */
        static @Nullable Deflated of(String contentEncoding) {
            return switch (contentEncoding.toLowerCase(Locale.ROOT)) {
                case "gzip", "x-gzip" -> GZIP;
                case "deflate" -> DEFLATE;
                default -> null;
            };
        }

        /** Inflates a whole body into another. Fails with 400 if it is not compressed like this, 413 and 503 as any body. */
        BufferedBody inflate(byte[] compressed, BufferedBody into) {
            byte[] chunk = new byte[CHUNK_BYTES];
            try (InputStream inflating = open(new ByteArrayInputStream(compressed))) {
                for (int read = inflating.read(chunk); read >= 0; read = inflating.read(chunk)) {
                    into.append(chunk, read);
                }
            } catch (IOException e) {
                throw ApiException.badRequest(
                        null,
                        "invalid_content_encoding",
                        "The request body is not " + name().toLowerCase(Locale.ROOT) + ".");
            }
            return into;
        }

        abstract InputStream open(InputStream compressed) throws IOException;
    }
}
