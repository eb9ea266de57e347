import pytest

from fade.report.quantity import count, decimal, mebibytes, power, scaled


@pytest.mark.parametrize(
    ("number", "text"), [(9.994e14, "999 TFLOPs"), (9.997e14, "1 PFLOPs"), (1.23e12, "1.23 TFLOPs"), (0, "0 FLOPs")]
)
def test_a_quantity_takes_the_unit_that_its_rounding_needs(number, text):
    assert scaled(number, "FLOPs").replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (999_400_000, "999 million"),
        (999_700_000, "1 billion"),
        (2_140_000, "2.14 million"),
        (999_700_000_000_000, "1 × 10¹⁵"),
    ],
)
def test_a_count_takes_the_word_that_its_rounding_needs(number, text):
    assert count(number).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (2.1e17, "2.1 × 10¹⁷"),
        (9.97e17, "1 × 10¹⁸"),
        (997 * 10**400, "1 × 10⁴⁰³"),
        (-3e-7, "−3 × 10⁻⁷"),
    ],
)
def test_a_power_takes_the_exponent_that_its_rounding_needs(number, text):
    assert power(number).replace("\u00a0", " ") == text


def test_zero_has_no_sign():
    assert decimal(-0.0001) == "0.00"
    assert decimal(-0.01) == "−0.01"


@pytest.mark.parametrize(("size", "text"), [(600_000, "0.6 MiB"), (5 * 2**20, "5.0 MiB"), (2**31, "2 048 MiB")])
def test_memory_has_two_digits_at_least(size, text):
    assert mebibytes(size).replace("\u00a0", " ").replace("\u202f", " ") == text
