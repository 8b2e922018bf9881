using System.Buffers;
using System.Globalization;
using System.Text;

namespace Sandbox.Sequence;

/// <summary>Compares what a job wrote with the answer, byte by byte as they come: the memory for it does not depend on their size.</summary>
internal static class Comparison
{
    /// <summary>Null if they agree, else where they first do not, in a few words.</summary>
    public static string? Difference(ComparisonCheck check, Stream output, Stream answer)
    {
        var (found, expected) = (new ByteReader(output), new ByteReader(answer));
        return check.Comparison switch
        {
            OutputComparison.Exact => Exact(found, expected),
            OutputComparison.Lines => Lines(found, expected),
            OutputComparison.Tokens => Words(found, expected, null),
            _ => Words(found, expected, check.Tolerance),
        };
    }

    private static string? Exact(ByteReader found, ByteReader expected)
    {
        for (long at = 0; ; at++)
        {
            var (one, other) = (found.Next(), expected.Next());
            if (one != other)
            {
                return one < 0 ? $"it ends after {at} bytes, and the answer does not" : other < 0 ? $"it goes on after the {at} bytes of the answer" : $"byte {at + 1} differs";
            }

            if (one < 0)
            {
                return null;
            }
        }
    }

    private static string? Lines(ByteReader found, ByteReader expected)
    {
        for (long line = 1; ; line++)
        {
            var (one, other) = (found.Next(), expected.Next());
            while (one == other && one is not ('\n' or ByteReader.End))
            {
                (one, other) = (found.Next(), expected.Next());
            }

            // From where they differ, nothing but white space may follow on either line.
            (one, other) = (found.AfterBlanks(one), expected.AfterBlanks(other));
            if (one is ByteReader.End && other is ByteReader.End)
            {
                return null;
            }

            if (one is ByteReader.End && other is '\n')
            {
                return expected.AfterSpace() == ByteReader.End ? null : $"it ends after line {line}, and the answer does not";
            }

            if (one is '\n' && other is ByteReader.End)
            {
                return found.AfterSpace() == ByteReader.End ? null : $"it goes on after line {line}, the last of the answer";
            }

            if (one is not '\n' || other is not '\n')
            {
                return $"line {line} differs";
            }
        }
    }

    private static string? Words(ByteReader found, ByteReader expected, double? tolerance)
    {
        for (long word = 1; ; word++)
        {
            var (one, other) = (found.AfterSpace(), expected.AfterSpace());
            if (one < 0 || other < 0)
            {
                return one == other ? null : one < 0 ? $"it ends after {word - 1} words, and the answer does not" : $"it goes on after the {word - 1} words of the answer";
            }

            if (WordDifference(found, expected, one, other, tolerance) is { } difference)
            {
                return $"word {word}: {difference}";
            }
        }
    }

    private static string? WordDifference(ByteReader found, ByteReader expected, int one, int other, double? tolerance)
    {
        var (left, right, areSame) = (new Beginning(), new Beginning(), true);
        while (true)
        {
            var (leftEnds, rightEnds) = (ByteReader.EndsWord(one), ByteReader.EndsWord(other));
            if (leftEnds && rightEnds)
            {
                break;
            }

            areSame &= one == other;
            if (!areSame && left.IsFull && right.IsFull)
            {
                break; // too long for numbers, so what follows does not matter
            }

            if (!leftEnds)
            {
                left.Add(one);
                one = found.Next();
            }

            if (!rightEnds)
            {
                right.Add(other);
                other = expected.Next();
            }
        }

        var agree = areSame || (tolerance is { } most && left.Number is { } number && right.Number is { } answer && Math.Abs(number - answer) <= most * Math.Max(1, Math.Abs(answer)));
        return agree ? null : $"\"{left.Shown}\" instead of \"{right.Shown}\"";
    }

    /// <summary>A word as far as it can be a number.</summary>
    private sealed class Beginning
    {
        private const int MaxShown = 32;

        private static readonly SearchValues<byte> s_ofNumbers = SearchValues.Create("0123456789+-.eE"u8);

        private readonly byte[] _letters = new byte[1024];
        private int _length;

        public bool IsFull { get; private set; }

        /// <summary>Digits with an optional sign, fraction and exponent, and finite; null for anything else, such as "nan", "inf" and "0x10".</summary>
        public double? Number
        {
            get
            {
                const NumberStyles Form = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
                var text = _letters.AsSpan(0, _length);
                return !IsFull && text.IndexOfAnyExcept(s_ofNumbers) < 0 && double.TryParse(text, Form, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
                    ? number
                    : null;
            }
        }

        public string Shown
        {
            get
            {
                var text = new StringBuilder();
                foreach (var letter in _letters.AsSpan(0, Math.Min(_length, MaxShown)))
                {
                    text.Append(letter is >= 0x20 and < 0x7F ? (char)letter : '?');
                }

                return text.Append(_length > MaxShown ? "…" : "").ToString();
            }
        }

        public void Add(int letter)
        {
            IsFull = _length == _letters.Length;
            if (!IsFull)
            {
                _letters[_length++] = (byte)letter;
            }
        }
    }
}

/// <summary>A stream, byte by byte.</summary>
internal sealed class ByteReader(Stream stream)
{
    /// <summary>What comes after the last byte.</summary>
    public const int End = -1;

    private readonly byte[] _buffer = new byte[32 << 10];
    private int _at;
    private int _filled;

    /// <summary>The next byte, or <see cref="End"/>, also when asked again.</summary>
    public int Next()
    {
        if (_at == _filled)
        {
            (_at, _filled) = (0, stream.Read(_buffer));
            if (_filled == 0)
            {
                return End;
            }
        }

        return _buffer[_at++];
    }

    /// <summary>The first byte that is no white space.</summary>
    public int AfterSpace()
    {
        int next;
        do
        {
            next = Next();
        }
        while (next != End && EndsWord(next));
        return next;
    }

    /// <summary>The first byte from this one on that is no white space within a line.</summary>
    public int AfterBlanks(int next)
    {
        while (next != '\n' && next != End && EndsWord(next))
        {
            next = Next();
        }

        return next;
    }

    /// <summary>It is white space in C's sense (isspace(3)), or the end.</summary>
    public static bool EndsWord(int next) => next is ' ' or '\t' or '\n' or '\r' or '\v' or '\f' or End;
}
