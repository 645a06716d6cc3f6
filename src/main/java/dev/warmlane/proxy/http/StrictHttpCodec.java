package dev.warmlane.proxy.http;

import dev.warmlane.engines.client.SmallBuffers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpConstants;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Netty's codec, made stricter where only the bytes tell what is wrong: a request line that is not three words between single
 * spaces, a line that starts with white space, two lengths in HTTP/1.0, sizes of chunks in another spelling, and trailers that
 * would mean something. RFC 9112 allows to put up with most of it, but what stands in front of the gateway may have read it
 * otherwise. It also counts header lines before they are put anywhere, since headers with names of one hash are slow to find.
 * Netty's {@code HttpServerCodec} itself is final. One for each connection.
 */
final class StrictHttpCodec extends CombinedChannelDuplexHandler<HttpRequestDecoder, HttpResponseEncoder> {
    /** Requests that a client may send ahead of their responses; Netty's own bound. */
    private static final int MAX_PIPELINED = 128;

    private static final String SPACE_FIRST = "line (expected: none that starts with white space)";

    /** The methods of the requests that wait for their responses: that to HEAD has no body, whatever its headers say. */
    private final Queue<HttpMethod> pending = new ArrayDeque<>(4);

    /** Bytes have come since somebody asked. */
    private boolean read;

    /** @param maxHeaders lines of a head and the trailers after its body */
    StrictHttpCodec(HttpDecoderConfig config, int maxHeaders) {
        init(new Decoder(config, maxHeaders), new Encoder());
    }

    /** Whether bytes have come since this was asked last: a read may bring none, such as one that TLS has for itself. */
    boolean hasRead() {
        boolean came = read;
        read = false;
        return came;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        read = true;
        super.channelRead(ctx, message);
    }

    private final class Decoder extends HttpRequestDecoder {
        private final int maxHeaders;
        private final ChunkLines chunkLines;
        private boolean inHead = true;
        private boolean afterRequestLine;
        private boolean broken;
        private boolean returnBefore;
        private boolean lengthSeen;
        private int headers;
        private int wordEnd;
        private @Nullable String problem;

        Decoder(HttpDecoderConfig config, int maxHeaders) {
            super(config);
            this.maxHeaders = maxHeaders;
            this.chunkLines = new ChunkLines(config.getMaxHeaderSize());
        }

        @Override
        protected String splitFirstWordInitialLine(byte[] line, int start, int length) {
            wordEnd = start + length;
            return super.splitFirstWordInitialLine(line, start, length);
        }

        @Override
        protected String splitSecondWordInitialLine(byte[] line, int start, int length) {
            followsOneSpace(line, start);
            wordEnd = start + length;
            for (int i = start; i < wordEnd; i++) {
                // A fragment is the client's own business; the rest is no character of a URI.
                if (line[i] <= ' ' || line[i] == 0x7f || line[i] == '#') {
                    problem = "target (expected: a URI without fragment)";
                }
            }
            return super.splitSecondWordInitialLine(line, start, length);
        }

        @Override
        protected String splitThirdWordInitialLine(byte[] line, int start, int length) {
            followsOneSpace(line, start);
            return super.splitThirdWordInitialLine(line, start, length);
        }

        private void followsOneSpace(byte[] line, int start) {
            if (start != wordEnd + 1 || line[wordEnd] != HttpConstants.SP) {
                problem = "request line (expected: three words, a space between two)";
            }
        }

        @Override
        protected HttpMessage createMessage(String[] initialLine) throws Exception {
            afterRequestLine = true;
            if (!initialLine[2].equals("HTTP/1.1") && !initialLine[2].equals("HTTP/1.0")) {
                problem = "version (expected: HTTP/1.1 or HTTP/1.0)";
            }
            return super.createMessage(initialLine);
        }

        /** Each line of a head or a trailer comes here before its header is put anywhere. */
        @Override
        protected AsciiString splitHeaderName(byte[] line, int start, int length) {
            if (++headers > maxHeaders) {
                throw RequestFraming.tooManyHeaders(maxHeaders);
            }
            AsciiString name = super.splitHeaderName(line, start, length);
            if (!inHead) {
                if (RequestFraming.isForbiddenTrailer(name)) {
                    throw RequestFraming.badRequest("trailers (expected: none that a request is read by)");
                }
            } else if (HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name)) {
                if (lengthSeen) {
                    // Netty takes the first one in HTTP/1.0, and leaves no trace of the other.
                    problem = "more than one Content-Length (expected: one)";
                }
                lengthSeen = true;
            }
            return name;
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
            if (broken) {
                in.skipBytes(in.readableBytes());
                return;
            }
            // Whole lines are consumed, so what is left in a head or in trailers starts with a line.
            boolean spaceFirst = (inHead || chunkLines.inTrailers()) && startsWithSpace(in);
            if (spaceFirst && inHead) {
                problem = SPACE_FIRST;
            }
            String chunkProblem = spaceFirst && !inHead ? SPACE_FIRST : chunkLines.problem(in);
            if (chunkProblem != null) {
                broken = true;
                LastHttpContent end = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
                end.setDecoderResult(DecoderResult.failure(RequestFraming.badRequest(chunkProblem)));
                out.add(end);
                return;
            }
            int readable = in.readableBytes();
            int before = out.size();
            super.decode(ctx, in, out);
            chunkLines.consumed(readable - in.readableBytes());
            for (int i = before; i < out.size(); i++) {
                if (out.get(i) instanceof HttpRequest request) {
                    headEnded(request);
                }
                if (out.get(i) instanceof LastHttpContent end) {
                    inHead = true;
                    headers = 0;
                    chunkLines.end();
                    broken |= end.decoderResult().isFailure();
                }
            }
        }

        private void headEnded(HttpRequest request) {
            if (pending.size() == MAX_PIPELINED) {
                problem = "requests (expected: at most 128 that wait for their responses)";
            }
            if (problem != null) {
                request.setDecoderResult(DecoderResult.failure(RequestFraming.badRequest(problem)));
            }
            if (request.decoderResult().isSuccess() && HttpUtil.isTransferEncodingChunked(request)) {
                chunkLines.begin();
            }
            broken = request.decoderResult().isFailure();
            pending.add(request.method());
            inHead = false;
            afterRequestLine = false;
            lengthSeen = false;
            problem = null;
        }

        /** Whether a line does, or a return or a line feed without the other comes before it. */
        private boolean startsWithSpace(ByteBuf in) {
            int line = in.readerIndex();
            int end = in.writerIndex();
            boolean beforeRequest = inHead && !afterRequestLine;
            while (beforeRequest && line < end && isLineEnd(in.getByte(line))) {
                boolean isReturn = in.getByte(line) == HttpConstants.CR;
                if (isReturn == returnBefore) {
                    return true;
                }
                returnBefore = isReturn;
                line++;
            }
            if (returnBefore && line < end) {
                return true;
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
        private boolean empty;
        /** Whether a response in chunks is under way. */
        private boolean chunked;

        @Override
        protected boolean isContentAlwaysEmpty(HttpResponse response) {
            empty = response.status().codeClass() == HttpStatusClass.INFORMATIONAL
                    ? super.isContentAlwaysEmpty(response)
                    : HttpMethod.HEAD.equals(pending.poll()) || super.isContentAlwaysEmpty(response);
            return empty;
        }

        @Override
        protected void encode(ChannelHandlerContext ctx, Object message, List<Object> out) throws Exception {
            ByteBuf event = chunked ? smallChunk(message) : null;
            if (event != null) {
                try {
                    out.add(SmallBuffers.chunk(ctx.alloc(), event));
                } finally {
                    event.release();
                }
                return;
            }
            super.encode(ctx, message, out);
            SmallBuffers.join(ctx.alloc(), out);
            if (message instanceof LastHttpContent) {
                chunked = false;
            } else if (message instanceof HttpResponse response) {
                chunked = !empty && HttpUtil.isTransferEncodingChunked(response);
            }
        }

        private static @Nullable ByteBuf smallChunk(Object message) {
            ByteBuf chunk = message instanceof ByteBuf bytes
                    ? bytes
                    : message instanceof HttpContent content && !(message instanceof LastHttpContent)
                            ? content.content()
                            : null;
            return chunk != null && chunk.isReadable() && SmallBuffers.isSmall(chunk) ? chunk : null;
        }

        @Override
        protected void encodeHeaders(HttpHeaders headers, ByteBuf to) {
            SmallBuffers.writeHeaders(headers, to);
        }
    }
}
