"""Finite fields: for each power of a prime, numbers that can be added and multiplied, and divided but by zero."""

from functools import cache
from itertools import product


@cache
def prime_power(number: int) -> tuple[int, int] | None:
    """Return the prime and the exponent, None where the number is no power of one prime."""
    prime = next((divisor for divisor in range(2, number + 1) if number % divisor == 0), None)
    if prime is None:
        return None
    exponent = 0
    while number % prime == 0:
        number //= prime
        exponent += 1
    return (prime, exponent) if number == 1 else None


@cache
def field(order: int) -> tuple[list[list[int]], list[list[int]]]:
    """Return the tables of addition and multiplication of the numbers 0 to order−1. `order` is a power of a prime.

    A number's digits, in the base of the prime, are the coefficients of a polynomial; products are taken modulo the
    first polynomial under which no two of them, neither being 0, make 0.
    """
    prime, degree = prime_power(order) or (0, 0)
    digits = [_digits(number, prime, degree) for number in range(order)]
    number_of = {tuple(parts): number for number, parts in enumerate(digits)}
    addition = [
        [number_of[tuple((x + y) % prime for x, y in zip(one, other, strict=True))] for other in digits]
        for one in digits
    ]
    for modulus in product(range(prime), repeat=degree):
        multiplication = [[number_of[_times(one, other, modulus, prime)] for other in digits] for one in digits]
        if all(0 not in row[1:] for row in multiplication[1:]):
            return addition, multiplication
    raise ValueError(f"{order} is no power of a prime")


def _digits(number: int, base: int, count: int) -> list[int]:
    return [number // base**place % base for place in range(count)]


def _times(one: list[int], other: list[int], modulus: tuple[int, ...], prime: int) -> tuple[int, ...]:
    """Multiply two polynomials, given as coefficients from the lowest, where x**degree is minus `modulus`."""
    degree = len(one)
    result = [0] * (2 * degree)
    for i, x in enumerate(one):
        for j, y in enumerate(other):
            result[i + j] += x * y
    for place in range(2 * degree - 1, degree - 1, -1):
        for low, coefficient in enumerate(modulus):
            result[place - degree + low] -= result[place] * coefficient
    return tuple(coefficient % prime for coefficient in result[:degree])
