package dev.warmlane.proxy.body;

import dev.warmlane.proxy.error.ApiException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/**
 * How a body is compressed (RFC 9110, section 8.4.1). It is inflated only as far as its new limit and the budget allow, so a
 * bomb costs no more than a body of that size.
 */
enum Deflated {
    GZIP {
        @Override
        InputStream open(InputStream compressed) throws IOException {
            return new GZIPInputStream(compressed, PIECE_BYTES);
        }
    },
    DEFLATE {
        @Override
        InputStream open(InputStream compressed) {
            return new InflaterInputStream(compressed);
        }
    };

    private static final int PIECE_BYTES = 8192;

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
        byte[] piece = new byte[PIECE_BYTES];
        try (InputStream inflating = open(new ByteArrayInputStream(compressed))) {
            for (int read = inflating.read(piece); read >= 0; read = inflating.read(piece)) {
                into.append(piece, read);
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
