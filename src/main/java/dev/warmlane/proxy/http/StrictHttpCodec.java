package dev.warmlane.proxy.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpConstants;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Netty's codec, less what it lets pass of a head and only who reads its bytes can tell: a line that starts with white space,
 * and a version in another spelling. Netty joins such a line to the one before, as RFC 9112, section 5.2, allows, but what
 * stands in front of the gateway may have read it as a header of its own. Netty's {@code HttpServerCodec} itself is final. One
 * for each connection.
 */
final class StrictHttpCodec extends CombinedChannelDuplexHandler<HttpRequestDecoder, HttpResponseEncoder> {
    /** Requests that a client may send ahead of their responses; Netty's own bound. */
    private static final int MAX_PIPELINED = 128;

    /** The methods of the requests that wait for their responses: that to HEAD has no body, whatever its headers say. */
    private final Queue<HttpMethod> pending = new ArrayDeque<>(4);

    StrictHttpCodec(HttpDecoderConfig config) {
        init(new Decoder(config), new Encoder());
    }

    private final class Decoder extends HttpRequestDecoder {
        private boolean inHead = true;
        private boolean afterRequestLine;
        private @Nullable String problem;

        Decoder(HttpDecoderConfig config) {
            super(config);
        }

        @Override
        protected HttpMessage createMessage(String[] initialLine) throws Exception {
            afterRequestLine = true;
            if (!initialLine[2].equals("HTTP/1.1") && !initialLine[2].equals("HTTP/1.0")) {
                problem = "version";
            }
            return super.createMessage(initialLine);
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
            // Whole lines are consumed, so what is left in a head starts with a line.
            if (inHead && hasFoldedLine(in)) {
                problem = "folded line";
            }
            int before = out.size();
            super.decode(ctx, in, out);
            for (int i = before; i < out.size(); i++) {
                if (out.get(i) instanceof HttpRequest request) {
                    headEnded(request);
                }
                if (out.get(i) instanceof LastHttpContent) {
                    inHead = true;
                }
            }
        }

        private void headEnded(HttpRequest request) {
            if (pending.size() == MAX_PIPELINED) {
                problem = "too many requests ahead";
            }
            if (problem != null) {
                request.setDecoderResult(DecoderResult.failure(new IllegalArgumentException(problem)));
            }
            pending.add(request.method());
            inHead = false;
            afterRequestLine = false;
            problem = null;
        }

        private boolean hasFoldedLine(ByteBuf in) {
            int line = in.readerIndex();
            int end = in.writerIndex();
            while (!afterRequestLine && line < end && isLineEnd(in.getByte(line))) {
                line++;
            }
            while (line < end && !isLineEnd(in.getByte(line))) {
                if (in.getByte(line) == HttpConstants.SP || in.getByte(line) == HttpConstants.HT) {
                    return true;
                }
                int lineFeed = in.indexOf(line, end, HttpConstants.LF);
                if (lineFeed < 0) {
                    return false;
                }
                line = lineFeed + 1;
            }
            return false;
        }

        private static boolean isLineEnd(byte character) {
            return character == HttpConstants.CR || character == HttpConstants.LF;
        }
    }

    private final class Encoder extends HttpResponseEncoder {
        @Override
        protected boolean isContentAlwaysEmpty(HttpResponse response) {
            if (response.status().codeClass() == HttpStatusClass.INFORMATIONAL) {
                return super.isContentAlwaysEmpty(response);
            }
            return HttpMethod.HEAD.equals(pending.poll()) || super.isContentAlwaysEmpty(response);
        }
    }
}
