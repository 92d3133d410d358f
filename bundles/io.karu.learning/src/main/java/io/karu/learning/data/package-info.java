/**
 * Labelled images in the layouts that people have, read into one {@link DataSet}, checked file by
 * file, and written in any of the layouts.
 */
package io.karu.learning.data;
