package dev.warmlane.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.proxy.http.ConnectionLimit.FileDescriptors;
import org.junit.jupiter.api.Test;

class FileDescriptorsTest {

    @Test
    void shareHalfAndHalfWhatTheGatewayDoesNotNeedItself() {
        assertThat(FileDescriptors.of(0, 1224, 24)).isEqualTo(new FileDescriptors(500, 500));
    }

    @Test
    void leaveToEnginesWhatClientsMayNotHave() {
        assertThat(FileDescriptors.of(900, 1224, 24)).isEqualTo(new FileDescriptors(900, 100));
    }

    @Test
    void leaveALittleToBothWhateverTheLimit() {
        assertThat(FileDescriptors.of(0, 64, 60)).isEqualTo(new FileDescriptors(16, 16));
        assertThat(FileDescriptors.of(5000, 1024, 60)).isEqualTo(new FileDescriptors(5000, 16));
    }

    @Test
    void areNoLimitWhereThereIsNone() {
        assertThat(FileDescriptors.of(0, Long.MAX_VALUE, 60))
                .isEqualTo(new FileDescriptors(Integer.MAX_VALUE, Integer.MAX_VALUE));
    }
}
