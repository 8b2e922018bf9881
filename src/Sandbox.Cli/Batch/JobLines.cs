using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Sandbox.Cli.Interop;

namespace Sandbox.Cli.Batch;

/// <summary>The lines of a file of jobs, one after the other. No more of it is in memory than one line, and of a line never more than a job may have.</summary>
internal static class JobLines
{
    private const int PieceBytes = 64 << 10;

    /// <summary>Every line that is not blank, with its number from 1; null for one that is too long.</summary>
    /// <param name="file">A file, pipe or device; read from where it stands.</param>
    /// <param name="maxBytes">How long a line may be.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IEnumerable<(long Line, byte[]? Text)> Read(SafeFileHandle file, int maxBytes) => Read(piece => Descriptors.Read(file, piece), maxBytes);

    /// <summary>The same of anything that fills pieces; 0 is the end.</summary>
    internal static IEnumerable<(long Line, byte[]? Text)> Read(Func<byte[], int> fill, int maxBytes)
    {
        var piece = new byte[PieceBytes];
        var line = new LineInProgress(maxBytes);
        var number = 1L;
        while (fill(piece) is > 0 and var count)
        {
            for (var start = 0; start < count;)
            {
                var length = piece.AsSpan(start, count - start).IndexOf((byte)'\n');
                line.Add(piece.AsSpan(start, length < 0 ? count - start : length));
                if (length < 0)
                {
                    break;
                }

                start += length + 1;
                if (line.Take(out var text))
                {
                    yield return (number, text);
                }

                number++;
            }
        }

        if (line.Take(out var last))
        {
            yield return (number, last);
        }
    }

    private sealed class LineInProgress(int maxBytes)
    {
        private ArrayBufferWriter<byte> _text = new();
        private bool _isTooLong;

        public void Add(ReadOnlySpan<byte> part)
        {
            _isTooLong |= _text.WrittenCount + part.Length > maxBytes;
            if (!_isTooLong)
            {
                _text.Write(part);
            }
        }

        /// <summary>False for a blank line.</summary>
        public bool Take(out byte[]? text)
        {
            text = _isTooLong ? null : _text.WrittenSpan.ToArray();
            var isLine = _isTooLong || text.AsSpan().IndexOfAnyExcept(" \t\r"u8) >= 0;
            _isTooLong = false;
            _text.ResetWrittenCount();

            // One long line must not hold its memory for all that follow.
            if (_text.Capacity > PieceBytes)
            {
                _text = new();
            }

            return isLine;
        }
    }
}
