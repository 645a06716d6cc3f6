package dev.warmlane.proxy.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.proxy.body.BufferedBody.BodyBudget;
import dev.warmlane.proxy.error.ApiException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

class BodyReaderTest {
    private static final int LIMIT_BYTES = 10_000;

    private static final int BUDGET_BYTES = 25_000;

    private final BodyBudget budget = new BodyBudget(BUDGET_BYTES);
    private final BodyReader reader = new BodyReader(LIMIT_BYTES, budget, true);
    private final NettyDataBufferFactory buffers = new NettyDataBufferFactory(UnpooledByteBufAllocator.DEFAULT);
    private final List<ByteBuf> pieces = new ArrayList<>();
    private int requested;

    @AfterEach
    void everythingIsReleased() {
        assertThat(budget.reserved()).isZero();
        assertThat(pieces).allSatisfy(piece -> assertThat(piece.refCnt()).isZero());
    }

    @Test
    void joinsThePiecesOfAnAnnouncedBody() {
        assertThat(read(announced(5), "he", "l", "lo")).asString().isEqualTo("hello");
    }

    @Test
    void joinsThePiecesOfAChunkedBodyUpToTheLimit() {
        byte[] body = read(chunked(), "a".repeat(4_000), "b".repeat(5_999), "c");
        assertThat(body).hasSize(LIMIT_BYTES).startsWith('a').endsWith('c');
    }

    @Test
    void refusesAnAnnouncementPastTheLimitWithoutReading() {
        assertThatThrownBy(() -> read(announced(LIMIT_BYTES + 1), "hello"))
                .isInstanceOfSatisfying(
                        ApiException.class, e -> assertThat(e.status().value()).isEqualTo(413));
        assertThat(requested).isZero();
    }

    @Test
    void refusesAChunkedBodyAtThePieceThatPassesTheLimit() {
        assertThatThrownBy(() -> read(chunked(), "a".repeat(LIMIT_BYTES), "b", "never asked for"))
                .isInstanceOf(ApiException.class)
                .hasMessage("The request body is larger than 10000 bytes.");
        assertThat(requested).isEqualTo(2);
    }

    @Test
    void doesNotReadABodyThatNobodyAnnounced() {
        assertThat(read(MockServerHttpRequest.post("/"), "hello")).isEmpty();
        assertThat(read(announced(0), "hello")).isEmpty();
        assertThat(requested).isZero();
    }

    @Test
    void aChunkedBodyMayBeEmpty() {
        assertThat(read(chunked())).isEmpty();
    }

    @Test
    void holdsTheBudgetForWhatHasComeAndNotForWhatIsAnnounced() {
        Sinks.Many<DataBuffer> body = Sinks.many().unicast().onBackpressureBuffer();
        Disposable reading = reader.read(announced(9_000).body(body.asFlux()), BodyReaderTest::copy)
                .subscribe();
        assertThat(budget.reserved()).isZero();
        body.tryEmitNext(piece("a"));
        assertThat(budget.reserved()).isEqualTo(4_096);
        // More than an eighth of it has come.
        body.tryEmitNext(piece("a".repeat(4_096)));
        assertThat(budget.reserved()).isEqualTo(9_000);
        body.tryEmitNext(piece("a".repeat(4_903)));
        assertThat(budget.reserved()).isEqualTo(9_000);
        reading.dispose();
    }

    @Test
    void refusesWhatTheBodiesOfOthersLeaveNoRoomFor() {
        budget.reserve(BUDGET_BYTES - 4_096);
        assertThat(read(chunked(), "a".repeat(2_048))).hasSize(2_048);
        assertThatThrownBy(() -> read(chunked(), "a".repeat(2_048), "b".repeat(2_049), "never asked for"))
                .isInstanceOfSatisfying(ApiException.class, e -> {
                    assertThat(e.status().value()).isEqualTo(503);
                    assertThat(e.code()).isEqualTo("overloaded_memory");
                    assertThat(e.headers()).containsKey("retry-after-ms");
                });
        assertThat(requested).isEqualTo(3);
        budget.release(BUDGET_BYTES - 4_096);
    }

    @Test
    void keepsTheBodyUntilItsUseEnds() {
        Sinks.Empty<Void> answered = Sinks.empty();
        AtomicReference<BufferedBody> held = new AtomicReference<>();
        Disposable serving = reader.read(chunked().body(Flux.just(piece("hello"))), body -> {
                    held.set(body);
                    return answered.asMono();
                })
                .subscribe();
        assertThat(held.get().bytes()).asString().isEqualTo("hello");
        assertThat(budget.reserved()).isPositive();
        answered.tryEmitEmpty();
        assertThat(held.get().bytes()).isEmpty();
        serving.dispose();
    }

    @Test
    void releasesTheBodyWhenItsUseFails() {
        assertThatThrownBy(() -> reader.read(chunked().body(Flux.just(piece("hello"))), body -> {
                            throw ApiException.unknownPath();
                        })
                        .block())
                .isInstanceOf(ApiException.class);
    }

    @Test
    void releasesOnceHoweverOftenItIsTold() {
        BufferedBody body = new BufferedBody(budget, LIMIT_BYTES, -1);
        body.append(piece("hello"));
        body.release();
        body.release();
        assertThat(budget.reserved()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "GZIP", "x-gzip", "deflate"})
    void inflatesCompressedBodies(String encoding) throws IOException {
        String text = "hello ".repeat(1_000);
        assertThat(readEncoded(reader, encoding, compressed(encoding, text)))
                .asString()
                .isEqualTo(text);
    }

    @Test
    void inflatesABombNoFurtherThanTheLimit() throws IOException {
        byte[] bomb = compressed("gzip", "a".repeat(LIMIT_BYTES + 1));
        assertThat(bomb).hasSizeLessThan(100);
        assertStatus(() -> readEncoded(reader, "gzip", bomb), 413);
    }

    @Test
    void refusesWhatIsNotCompressedAsItSays() throws IOException {
        byte[] gzip = compressed("gzip", "hello");
        assertStatus(() -> readEncoded(reader, "deflate", gzip), 400);
        assertStatus(() -> readEncoded(reader, "gzip", Arrays.copyOf(gzip, gzip.length - 9)), 400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "zstd", "gzip, gzip", "identity, gzip", ""})
    void refusesEncodingsThatItDoesNotKnow(String encoding) {
        assertStatus(() -> readEncoded(reader, encoding, new byte[10]), 415);
    }

    @Test
    void readsEncodingsOfSeveralLinesAsOneList() {
        assertStatus(() -> readEncoded(reader, new byte[10], "identity", "gzip"), 415);
        assertThat(readEncoded(reader, new byte[10], "identity", "identity")).hasSize(10);
    }

    @Test
    void refusesEveryEncodingUnlessItIsTold() {
        BodyReader plain = new BodyReader(LIMIT_BYTES, budget, false);
        assertStatus(() -> readEncoded(plain, "gzip", new byte[10]), 415);
        assertThat(readEncoded(plain, "identity", new byte[10])).hasSize(10);
    }

    private static void assertStatus(ThrowingCallable reading, int status) {
        assertThatThrownBy(reading)
                .isInstanceOfSatisfying(
                        ApiException.class, e -> assertThat(e.status().value()).isEqualTo(status));
    }

    private static byte[] compressed(String encoding, String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream deflating =
                encoding.equals("deflate") ? new DeflaterOutputStream(bytes) : new GZIPOutputStream(bytes)) {
            deflating.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static byte[] readEncoded(BodyReader reader, String encoding, byte[] bytes) {
        return readEncoded(reader, bytes, encoding);
    }

    private static byte[] readEncoded(BodyReader reader, byte[] bytes, String... encodings) {
        return reader.read(
                        announced(bytes.length)
                                .header("Content-Encoding", encodings)
                                .body(Flux.just(DefaultDataBufferFactory.sharedInstance.wrap(bytes))),
                        BodyReaderTest::copy)
                .block();
    }

    private byte[] read(MockServerHttpRequest.BodyBuilder request, String... texts) {
        Flux<DataBuffer> body = Flux.fromArray(texts).map(this::piece);
        return reader.read(request.body(body), BodyReaderTest::copy).block();
    }

    private static Mono<byte[]> copy(BufferedBody body) {
        return Mono.just(body.bytes().clone());
    }

    private DataBuffer piece(String text) {
        requested++;
        ByteBuf piece = UnpooledByteBufAllocator.DEFAULT.buffer();
        piece.writeCharSequence(text, StandardCharsets.UTF_8);
        pieces.add(piece);
        return buffers.wrap(piece);
    }

    private static MockServerHttpRequest.BodyBuilder announced(int bytes) {
        return MockServerHttpRequest.post("/").header("Content-Length", Integer.toString(bytes));
    }

    private static MockServerHttpRequest.BodyBuilder chunked() {
        return MockServerHttpRequest.post("/").header("Transfer-Encoding", "chunked");
    }
}
