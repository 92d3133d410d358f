/**
 * What was measured of a model version, for people and machines: JSON with pictures as
 * docs/contracts.md §8 says, and one HTML page that needs nothing beside it.
 */
package io.karu.learning.report;
