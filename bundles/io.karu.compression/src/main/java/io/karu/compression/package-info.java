/** Makes a model version smaller and faster behind a guard. */
package io.karu.compression;
