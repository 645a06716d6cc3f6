package dev.warmlane.harness;

import static dev.warmlane.harness.MalformedInput.HOST;
import static dev.warmlane.harness.MalformedInput.LINE;
import static dev.warmlane.harness.MalformedInput.TEN;

/** Bodies of which two servers may think that they end at different places. */
final class MalformedBodies {
    private static final String OLD_LINE = "POST /v1/chat/completions HTTP/1.0\r\n" + HOST;
    static final String CHUNKED = LINE + HOST + "Transfer-Encoding: chunked\r\n\r\n";

    private MalformedBodies() {}

    static void addTo(MalformedInput.Rows rows) {
        lengths(rows);
        transferCodings(rows);
        chunks(rows);
    }

    /** Two ways of saying how long a body is, and one that is none. */
    private static void lengths(MalformedInput.Rows rows) {
        rows.header("two lengths", "Content-Length: 10\r\nContent-Length: 11\r\n\r\n" + TEN);
        rows.header("two equal lengths", "Content-Length: 10\r\nContent-Length: 10\r\n\r\n" + TEN);
        rows.header("two lengths in one line", "Content-Length: 10, 11\r\n\r\n" + TEN);
        rows.header("two equal lengths in one line", "Content-Length: 10, 10\r\n\r\n" + TEN);
        rows.header("a length and a later length of zero", "Content-Length: 10\r\nContent-Length: 0\r\n\r\n" + TEN);
        rows.header("lengths in different spelling", "Content-Length: 10\r\ncontent-length: 5\r\n\r\n" + TEN);
        rows.header("a negative length", "Content-Length: -1\r\n\r\n");
        rows.header("a signed length", "Content-Length: +10\r\n\r\n" + TEN);
        rows.header("a hexadecimal length", "Content-Length: 0xa\r\n\r\n" + TEN);
        rows.header("a length with a fraction", "Content-Length: 10.0\r\n\r\n" + TEN);
        rows.header("a length with an exponent", "Content-Length: 1e1\r\n\r\n" + TEN);
        rows.header("a length with a space inside", "Content-Length: 1 0\r\n\r\n" + TEN);
        rows.header("a length with an underscore", "Content-Length: 1_0\r\n\r\n" + TEN);
        rows.header("a length that is empty", "Content-Length:\r\n\r\n");
        rows.header("a length that is a word", "Content-Length: ten\r\n\r\n" + TEN);
        rows.header("a length past 64 bits", "Content-Length: 18446744073709551626\r\n\r\n" + TEN);
        rows.header("a length of a hundred digits", "Content-Length: " + TEN.repeat(10) + "\r\n\r\n");
        rows.header("a length with a zero before", "Content-Length: 010\r\n\r\n" + TEN);
        rows.header("a length with zeros before", "Content-Length: 0000000000000010\r\n\r\n" + TEN);
        rows.header("a length of two zeros", "Content-Length: 00\r\n\r\n");
        rows.header("a negative length of zero", "Content-Length: -0\r\n\r\n");
        rows.header("a length past 63 bits", "Content-Length: 9223372036854775808\r\n\r\n" + TEN);
        rows.header("two equal lengths without space", "Content-Length: 10,10\r\n\r\n" + TEN);
        rows.header("a length before a comma", "Content-Length: 10,\r\n\r\n" + TEN);
        rows.header("a length after a comma", "Content-Length: ,10\r\n\r\n" + TEN);
        rows.header("a length with a semicolon", "Content-Length: 10;a=b\r\n\r\n" + TEN);
        rows.header("a length in octal", "Content-Length: 0o12\r\n\r\n" + TEN);
        rows.header("a length with a suffix", "Content-Length: 10B\r\n\r\n" + TEN);
        rows.header("a length with a superscript", "Content-Length: 1\u00b9\r\n\r\n" + TEN);
        rows.header(
                "a length's name with an underscore and one without",
                "Content_Length: 5\r\nContent-Length: 010\r\n\r\n" + TEN);
        rows.add("two lengths in HTTP/1.0", OLD_LINE + "Content-Length: 10\r\nContent-Length: 5\r\n\r\n" + TEN);
        rows.add("two equal lengths in HTTP/1.0", OLD_LINE + "Content-Length: 10\r\nContent-Length: 10\r\n\r\n" + TEN);
        rows.add("two lengths in one line in HTTP/1.0", OLD_LINE + "Content-Length: 10, 5\r\n\r\n" + TEN);
        rows.header("a length in quotes", "Content-Length: \"10\"\r\n\r\n" + TEN);
        rows.header("a folded length", "Content-Length: 1\r\n 0\r\n\r\n" + TEN);
        rows.header("a length folded at its start", "Content-Length:\r\n 10\r\n\r\n" + TEN);
        rows.header("a length with a vertical tab", "Content-Length:\u000b10\r\n\r\n" + TEN);
        rows.header("a length with a trailing NUL", "Content-Length: 10\u0000\r\n\r\n" + TEN);
        rows.header("a body shorter than announced", "Content-Length: 1000\r\n\r\n" + TEN);
    }

    private static void transferCodings(MalformedInput.Rows rows) {
        String chunks = "a\r\n" + TEN + "\r\n0\r\n\r\n";
        rows.header("length and chunks", "Content-Length: 10\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
        rows.header("chunks and length", "Transfer-Encoding: chunked\r\nContent-Length: 10\r\n\r\n" + chunks);
        rows.header("a length of zero and chunks", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
        rows.header("chunked twice", "Transfer-Encoding: chunked, chunked\r\n\r\n" + chunks);
        rows.header(
                "chunked in two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
        rows.header(
                "chunked and identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + chunks);
        rows.header("chunked, then gzip", "Transfer-Encoding: chunked, gzip\r\n\r\n" + chunks);
        rows.header("gzip, then chunked", "Transfer-Encoding: gzip, chunked\r\n\r\n" + chunks);
        rows.header("identity", "Transfer-Encoding: identity\r\n\r\n" + chunks);
        rows.header("gzip alone", "Transfer-Encoding: gzip\r\n\r\n" + TEN);
        rows.header("an unknown coding", "Transfer-Encoding: xchunked\r\n\r\n" + chunks);
        rows.header("chunked with a parameter", "Transfer-Encoding: chunked;q=1\r\n\r\n" + chunks);
        rows.header("chunked in quotes", "Transfer-Encoding: \"chunked\"\r\n\r\n" + chunks);
        rows.header("chunked after a comma", "Transfer-Encoding: ,chunked\r\n\r\n" + chunks);
        rows.header("chunked before a comma", "Transfer-Encoding: chunked,\r\n\r\n" + chunks);
        rows.header("an empty coding", "Transfer-Encoding:\r\n\r\n" + chunks);
        rows.header("chunked folded at its start", "Transfer-Encoding:\r\n chunked\r\n\r\n" + chunks);
        rows.header("chunked after a vertical tab", "Transfer-Encoding: \u000bchunked\r\n\r\n" + chunks);
        rows.header("chunked before a form feed", "Transfer-Encoding: chunked\f\r\n\r\n" + chunks);
        rows.header("chunked before a NUL", "Transfer-Encoding: chunked\u0000\r\n\r\n" + chunks);
        rows.header("the coding's name before a space", "Transfer-Encoding : chunked\r\n\r\n" + chunks);
        rows.header("the coding's name before a tab", "Transfer-Encoding\t: chunked\r\n\r\n" + chunks);
        rows.header("the coding on a folded line", "X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n");
        rows.add(
                "chunks in HTTP/1.0",
                "POST /v1/chat/completions HTTP/1.0\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n" + chunks);
    }

    private static void chunks(MalformedInput.Rows rows) {
        rows.add("a chunk's size that is no number", CHUNKED + "x\r\n" + TEN);
        rows.add("a chunk's size that is empty", CHUNKED + "\r\n" + TEN);
        rows.add("a chunk's size that is negative", CHUNKED + "-1\r\n" + TEN);
        rows.add("a chunk's size with a sign", CHUNKED + "+a\r\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk's size with a prefix", CHUNKED + "0xa\r\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk's size with a space before", CHUNKED + " a\r\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk's size with a space after", CHUNKED + "a \r\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk's size past 31 bits", CHUNKED + "80000000\r\n" + TEN);
        rows.add("a chunk's size past 32 bits", CHUNKED + "10000000a\r\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk's size past 64 bits", CHUNKED + "1000000000000000a\r\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk's size that never ends", CHUNKED + "0".repeat(100_000));
        rows.add("a chunk's extension that never ends", CHUNKED + "a;" + "x".repeat(100_000));
        rows.add("a chunk's extension with a bare line feed", CHUNKED + "a;x\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk's extension with a bare return", CHUNKED + "a;x\rb\r\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk's size before a bare line feed", CHUNKED + "a\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk longer than its size", CHUNKED + "5\r\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk shorter than its size", CHUNKED + "b\r\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk without its line end", CHUNKED + "a\r\n" + TEN + "0\r\n\r\n");
        rows.add("a chunk before a bare line feed", CHUNKED + "a\r\n" + TEN + "\n0\r\n\r\n");
        rows.add("a last chunk before a bare line feed", CHUNKED + "a\r\n" + TEN + "\r\n0\n\n");
        rows.chunk("a chunk's size with a space before and none after", " a", TEN);
        rows.chunk("a chunk's size with a tab before", "\ta", TEN);
        rows.chunk("a chunk's size with a tab after", "a\t", TEN);
        rows.chunk("a chunk's size with a minus", "-a", TEN);
        rows.chunk("a chunk's size in capital prefix", "0Xa", TEN);
        rows.chunk("a chunk's size with a suffix", "ah", TEN);
        rows.chunk("a chunk's size with an underscore", "0_a", TEN);
        rows.chunk("a chunk's size with a fraction", "a.0", TEN);
        rows.chunk("a chunk's size in quotes", "\"a\"", TEN);
        rows.chunk("a chunk's size with a comma", "a,a", TEN);
        rows.chunk("a chunk's size of two words", "a a", TEN);
        rows.chunk("a chunk's size with a NUL", "a\u0000", TEN);
        rows.chunk("a chunk's size with a vertical tab", "a\u000b", TEN);
        rows.chunk("a chunk's size with a bare return", "a\r", TEN);
        rows.chunk("a chunk's size with a bare return inside", "0\ra", TEN);
        rows.chunk("a chunk's size beyond ASCII", "\u00e1", TEN);
        rows.chunk("a chunk's size with 17 digits", "0000000000000000a", TEN);
        rows.chunk("a chunk's size with zeros without end", "0".repeat(4_000) + "a", TEN);
        rows.chunk("a chunk's size past 64 bits that begins anew", "1" + "0".repeat(15) + "a", TEN);
        rows.chunk("a last chunk with 17 digits", "0".repeat(17), "");
        rows.chunk("an extension without a name", "a;", TEN);
        rows.chunk("an extension without a name before another", "a;;b", TEN);
        rows.chunk("an extension of a value alone", "a;=b", TEN);
        rows.chunk("an extension without its value", "a;b=", TEN);
        rows.chunk("an extension with two values", "a;b=c d", TEN);
        rows.chunk("an extension with a name of two words", "a;b c", TEN);
        rows.chunk("an extension with an open quote", "a;b=\"c", TEN);
        rows.chunk("an extension with a quote that is escaped", "a;b=\"c\\\"", TEN);
        rows.chunk("an extension with a quote in its name", "a;b\"c\"", TEN);
        rows.chunk("an extension with a bracket", "a;b[c", TEN);
        rows.chunk("an extension with a comma", "a;b,c", TEN);
        rows.chunk("an extension with a NUL", "a;b\u0000", TEN);
        rows.chunk("an extension with a control character in quotes", "a;b=\"\u0001\"", TEN);
        rows.chunk("an extension with a bare return in quotes", "a;b=\"\r\"", TEN);
        rows.chunk("an extension beyond ASCII", "a;\u00e9", TEN);
        rows.chunk("an extension of white space", "a; ", TEN);
        rows.chunk("an extension before white space", "a;b ", TEN);
        rows.chunk("an extension of a last chunk without a name", "0;", "");
        rows.add("extensions of all chunks without end", CHUNKED + ("1;" + "x".repeat(4_000) + "\r\n0\r\n").repeat(20));
        rows.add("a chunk before two line ends", CHUNKED + "a\r\n" + TEN + "\r\n\r\n0\r\n\r\n");
        rows.add("a chunk before a bare return", CHUNKED + "a\r\n" + TEN + "\r0\r\n\r\n");
        rows.add("a chunk before two returns", CHUNKED + "a\r\n" + TEN + "\r\r\n0\r\n\r\n");
        rows.add("a last chunk before a bare return", CHUNKED + "a\r\n" + TEN + "\r\n0\r\r\n\r\n");
        for (String name : new String[] {
            "Content-Length",
            "Transfer-Encoding",
            "Host",
            "Trailer",
            "Authorization",
            "X-Api-Key",
            "Content-Type",
            "Content-Encoding",
            "Connection",
            "Cookie",
            "Expect",
            "TE",
            "Upgrade",
            "x-forwarded-for",
            "CONTENT-RANGE"
        }) {
            rows.trailer("a trailer that comes too late: " + name, name + ": 1");
        }
        rows.trailer("a trailer that is folded", "X-A: b\r\n c");
        rows.trailer("a first trailer that is folded", " X-A: b");
        rows.trailer("a trailer before a bare return", "X-A: b\rX-C: d");
        rows.trailer("a trailer with a name that is empty", ": b");
        rows.trailer("a trailer's name before a space", "X-A : b");
        rows.trailer("a trailer beyond ASCII", "X-\u00e9: b");
        rows.trailer("more trailers than headers may be", "X-A: b\r\n".repeat(128) + "X-A: b");
        rows.add("a trailer without a colon", CHUNKED + "0\r\nnothing\r\n\r\n");
        rows.add("a trailer with a bare line feed", CHUNKED + "0\r\nX-A: b\n\r\n");
        rows.add("a trailer with a space in its name", CHUNKED + "0\r\nX A: b\r\n\r\n");
        rows.add("a trailer with a NUL", CHUNKED + "0\r\nX-A: \u0000\r\n\r\n");
        rows.add("trailers that never end", CHUNKED + "0\r\n" + "X-A: b\r\n".repeat(20_000));
    }
}
