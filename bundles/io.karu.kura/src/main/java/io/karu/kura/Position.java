package io.karu.kura;

import java.time.Instant;

/**
 * Where a gateway is.
 *
 * @param latitude degrees, WGS 84
 * @param longitude degrees, WGS 84
 * @param altitude metres; null when not known, as for every component below
 * @param precision dilution of precision
 * @param heading degrees
 * @param speed metres per second
 * @param timestamp when this position was measured
 * @param satellites satellites in view
 * @param status what the receiver says of its fix
 */
public record Position(
        double latitude,
        double longitude,
        Double altitude,
        Double precision,
        Double heading,
        Double speed,
        Instant timestamp,
        Integer satellites,
        Integer status) {

    /** A position of which nothing else is known. */
    public static Position of(double latitude, double longitude) {
        return builder(latitude, longitude).build();
    }

    public static Builder builder(double latitude, double longitude) {
        return new Builder(latitude, longitude);
    }

    /** Builds a position; what is not set is not known. */
    public static final class Builder {
        private final double latitude;
        private final double longitude;
        private Double altitude;
        private Double precision;
        private Double heading;
        private Double speed;
        private Instant timestamp;
        private Integer satellites;
        private Integer status;

        private Builder(double latitude, double longitude) {
            this.latitude = latitude;
            this.longitude = longitude;
        }

        public Builder altitude(Double metres) {
            this.altitude = metres;
            return this;
        }

        public Builder precision(Double dilution) {
            this.precision = dilution;
            return this;
        }

        public Builder heading(Double degrees) {
            this.heading = degrees;
            return this;
        }

        public Builder speed(Double metresPerSecond) {
            this.speed = metresPerSecond;
            return this;
        }

        public Builder timestamp(Instant measuredAt) {
            this.timestamp = measuredAt;
            return this;
        }

        public Builder satellites(Integer inView) {
            this.satellites = inView;
            return this;
        }

        public Builder status(Integer fix) {
            this.status = fix;
            return this;
        }

        public Position build() {
            return new Position(
                    latitude,
                    longitude,
                    altitude,
                    precision,
                    heading,
                    speed,
                    timestamp,
                    satellites,
                    status);
        }
    }
}
